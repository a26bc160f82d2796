// Prints the path of OpenTofu, getting it first where it is not here; a terraform does not count.
import { findTofu } from '../lib/local/tofu.ts';

console.log(await findTofu({ say: (line) => console.error(line), acceptTerraform: false }));

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { valueProblem } from '../../lib/contract/configuration.ts';
import { manifestJsonSchema, parseManifest } from '../../lib/contract/manifest.ts';
import { parseEnvFile, readAssignments } from '../../lib/operator/config.ts';
import type { Connection } from '../../lib/operator/connection.ts';
import { ROOT } from '../support/paths.ts';

const source = join(ROOT, 'config/chronos.yaml');
const manifest = parseManifest(parse(readFileSync(source, 'utf8')), source);
const connection = { manifest } as Connection;

describe('an env file of today’s scripts', () => {
  test('is read as a shell reads it, and what is no parameter is told', () => {
    const text = `# stage
export TF_VAR_deptype="stage"
export postgres_password='it"s $ecret'
export user_1_email=a@example.org   # the first user
jwt_secret_key="a \\"quoted\\" \\$word"
`;
    const { values, ignored } = parseEnvFile(text, connection);
    expect(Object.fromEntries(values)).toEqual({
      postgres_password: 'it"s $ecret',
      user_1_email: 'a@example.org',
      jwt_secret_key: 'a "quoted" $word',
    });
    expect(ignored).toEqual(['TF_VAR_deptype']);
  });

  test('names every line that it does not understand, without its value', () => {
    const text = 'postgres_password=$(cat secret)\nfine=1\nnot an assignment\n';
    expect(() => parseEnvFile(text, connection)).toThrow(
      /^line 1 is not of the form name="value"; line 3 is not/,
    );
  });
});

test('a secret is not taken from the command line, where everybody can see it', async () => {
  await expect(readAssignments(['postgres_password=x'], connection, async () => '')).rejects.toThrow(
    /postgres_password is a secret/,
  );
  const values = await readAssignments(
    ['background_color=red', 'postgres_password'],
    connection,
    async () => 'from input',
  );
  expect(Object.fromEntries(values)).toEqual({ background_color: 'red', postgres_password: 'from input' });
  await expect(readAssignments(['a', 'b'], connection, async () => '')).rejects.toThrow(
    /only one value can be read/,
  );
});

test('values that cannot be stored are refused without being shown', () => {
  const parameter = manifest.parameters.jwt_secret_key!;
  for (const value of ['', 'two\nlines', 'a\0b', 'x {{ssm:other}}', 'x'.repeat(5000), '\ud800']) {
    const problem = valueProblem('jwt_secret_key', value, parameter);
    expect(problem).toMatch(/^jwt_secret_key /);
    if (value.length > 8) expect(problem).not.toContain(value);
  }
  expect(valueProblem('jwt_secret_key', `a'b"c\\d$e|f&g#h`, parameter)).toBeUndefined();
});

describe('the manifest', () => {
  test('of chronos2 names every file, key and secret of its contract', () => {
    const keys = Object.fromEntries(manifest.files.map((file) => [file.path, Object.keys(file.keys)]));
    expect(keys['dashboard_backend/.env.docker']).toEqual([
      'POSTGRES_PASSWORD',
      'JWT_SECRET_KEY',
      'EDGE_SERVER_IP',
      'EDGE_SERVER_PORT',
      'USER_1_EMAIL',
      'USER_1_PASSWORD',
      'LETSENCRYPT_ADMIN_EMAIL',
    ]);
    expect(keys['dashboard_frontend/.env.docker']).toEqual(['VITE_API_BASE_URL', 'VITE_BACKGROUND_COLOR']);
    expect(keys['frp_config/frps.toml']).toEqual(['auth.token']);
    const secrets = Object.entries(manifest.parameters).filter(([, { secret }]) => secret);
    expect(secrets.map(([name]) => name).sort()).toEqual([
      'frp_auth_token',
      'jwt_secret_key',
      'postgres_password',
      'user_1_password',
    ]);
  });

  test('that is wrong is refused with every problem', () => {
    const broken = { ...parse(readFileSync(source, 'utf8')), colour: 1 };
    broken.parameters.jwt_secret_key.scope = 'moon';
    expect(() => parseManifest(broken, 'x.yaml')).toThrow(
      /x.yaml: .*parameters.jwt_secret_key.scope.*unknown key colour|unknown key colour.*scope/s,
    );
    const dangling = parse(readFileSync(source, 'utf8'));
    dangling.files[0].keys.NEW = 'no_such_parameter';
    expect(() => parseManifest(dangling, 'x.yaml')).toThrow(
      /takes NEW from the unknown parameter no_such_parameter/,
    );
  });

  test('has the JSON Schema that its first line names', () => {
    const written = JSON.parse(readFileSync(join(ROOT, 'config/chronos.schema.json'), 'utf8'));
    expect(written).toEqual(JSON.parse(JSON.stringify(manifestJsonSchema())));
  });
});

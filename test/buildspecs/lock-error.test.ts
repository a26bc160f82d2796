import { expect, test } from 'vitest';
import { describeLock, parseLockError } from '../../buildspecs/lock-error.ts';

const OUTPUT = `
Error: Error acquiring the state lock

Error message: operation error DynamoDB: PutItem, ConditionalCheckFailedException
Lock Info:
  ID:        6f2a1e5c-4d2b-8a0e-1111-222233334444
  Path:      bucket/environments/stage/terraform.tfstate
  Operation: OperationTypeApply
  Who:       ada@laptop
  Version:   1.12.6
  Created:   2026-11-23 09:41:24.123456789 +0000 UTC
  Info:      
`;

test('reads who holds a state lock, and says how to go on', () => {
  const lock = parseLockError(OUTPUT)!;
  expect(lock).toEqual({
    id: '6f2a1e5c-4d2b-8a0e-1111-222233334444',
    who: 'ada@laptop',
    created: Date.UTC(2026, 10, 23, 9, 41, 24, 123),
  });
  expect(describeLock(lock)).toMatch(/is held by ada@laptop: .*tofu force-unlock 6f2a1e5c/);
  expect(parseLockError('Error: something else\n')).toBeUndefined();
});

import { expect, test } from 'vitest';
import { summariseDrift } from '../../buildspecs/summarise-drift.ts';

test('names what drifted and in which attributes, and shows no value', () => {
  const json = JSON.stringify({
    resource_drift: [
      {
        address: 'aws_instance.x',
        change: {
          actions: ['update'],
          before: { instance_type: 't3.small', tags: { a: 'secret-1' }, id: 'i-1' },
          after: { instance_type: 'm5.large', tags: { a: 'secret-2' }, id: 'i-1' },
        },
      },
      { address: 'aws_eip.x', change: { actions: ['delete'], before: { id: 'e' }, after: null } },
      { address: 'aws_vpc.x', change: { actions: ['no-op'], before: {}, after: {} } },
      {
        address: 'data.aws_ami.x',
        mode: 'data',
        change: { actions: ['update'], before: {}, after: { id: 1 } },
      },
    ],
  });
  expect(summariseDrift(json)).toEqual([
    { address: 'aws_instance.x', change: 'changed', attributes: ['instance_type', 'tags'] },
    { address: 'aws_eip.x', change: 'deleted', attributes: [] },
  ]);
  expect(summariseDrift('{}')).toEqual([]);
});

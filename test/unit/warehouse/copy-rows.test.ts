import { expect, it } from 'vitest';
import { copyRows } from '../../../src/warehouse/writers/copy-rows.js';

it('adds none of some rows when one has a value that cannot be turned, so that the others can be added again', () => {
  const columns = [
    { name: 'ordinal', property: 'ordinal', type: 'integer' },
    { name: 'content', property: 'content', type: 'jsonb' },
  ];
  const rows = copyRows({ relation: 'core.any', columns, key: [] }, 'core.any');
  const circular: object[] = [];
  circular.push(circular);
  expect(() =>
    rows.add([
      { ordinal: 1, content: [] },
      { ordinal: 2, content: circular },
    ]),
  ).toThrow(TypeError);
  rows.add([{ ordinal: 1, content: [] }]);
  expect(rows.take().rows).toEqual([[1, '[]']]);
});

import fc from 'fast-check';
import type { TopicType } from '../../daemon/wire/topic.ts';

const texts = fc.string({ maxLength: 4 });
const keys = fc.constantFrom('a', 'b', 'c');
const positions = fc.integer({ min: -1, max: 8 });
/** Changes of topics of each type, some of which do not fit. */
export const CHANGES: Readonly<Record<Exclude<TopicType, 'event'>, fc.Arbitrary<object>>> = {
  string: fc.oneof(
    fc.record({ type: fc.constant('insert'), position: positions, insertion: texts }),
    fc.record({ type: fc.constant('delete'), position: positions, deletion: texts }),
    fc.record({ type: fc.constant('set'), value: texts }),
  ),
  int: fc.record({ type: fc.constantFrom('add', 'set'), value: fc.integer() }),
  float: fc.record({ type: fc.constantFrom('add', 'set'), value: fc.double() }),
  generic: fc.record({ type: fc.constant('set'), value: fc.jsonValue() }),
  list: fc.oneof(
    fc.record({ type: fc.constant('insert'), position: positions, item: keys }),
    fc.record({ type: fc.constant('pop'), position: positions }),
    fc.record({ type: fc.constant('set'), value: fc.array(keys) }),
  ),
  u_list: fc.oneof(
    fc.record({ type: fc.constantFrom('append', 'remove'), item: keys }),
    fc.record({ type: fc.constant('set'), value: fc.array(keys) }),
  ),
  set: fc.oneof(
    fc.record({ type: fc.constantFrom('append', 'remove'), item: keys }),
    fc.record({ type: fc.constant('set'), value: fc.array(keys) }),
  ),
  dict: fc.oneof(
    fc.record({ type: fc.constantFrom('add', 'change_value'), key: keys, value: fc.jsonValue() }),
    fc.record({ type: fc.constant('pop'), key: keys }),
    fc.record({ type: fc.constant('set'), value: fc.dictionary(keys, fc.jsonValue()) }),
  ),
};

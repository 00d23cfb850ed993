import test from 'ava';
import fc from 'fast-check';
import { stateAfter, type MessageState, type MessageStep } from '../../daemon/domain/model.ts';

const step = fc.constantFrom<MessageStep['step'][]>(
  ...(['attempt', 'relayed', 'accepted', 'delivered', 'read', 'failed', 'retry'] as const),
);

test('whatever is noted of a message that was delivered, it neither fails nor waits again', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom<MessageState[]>('delivered', 'read'),
      fc.array(step),
      (start, steps) => {
        const end = steps.reduce<MessageState>((before, one) => stateAfter(one, before), start);

        t.true(end === 'delivered' || end === 'read', end);
      },
    ),
  );
});

test('what failed may wait again, and may turn out to be delivered', (t) => {
  t.is(stateAfter('retry', 'failed'), 'queued');
  t.is(stateAfter('delivered', 'failed'), 'delivered');
});

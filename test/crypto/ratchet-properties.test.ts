import test from 'ava';
import fc from 'fast-check';
import { createNodeDh } from '../../daemon/crypto/dh.ts';
import { decrypt, encrypt } from '../../daemon/crypto/ratchet.ts';
import { readRatchetState, type RatchetState } from '../../daemon/crypto/ratchet-state.ts';
import { StateReader } from '../../daemon/crypto/state-bytes.ts';
import { decodeDr1Message } from '../../daemon/wire/dr1.ts';
import { alice, bob, IS_LONG, meet, openPrimitives, reading, stored, writing } from './pair.ts';

const RUNS = IS_LONG ? 10_000 : 80;
const STEPS = IS_LONG ? 200 : 100;
const SEED = 20_261_121;

/** What may happen to two who talk over a network that nobody trusts. */
type Step =
  | Readonly<{ kind: 'send'; isAlice: boolean; isStepPostponed: boolean }>
  | Readonly<{ kind: 'deliver' | 'repeat' | 'drop'; index: number }>
  | Readonly<{ kind: 'damage'; index: number; byte: number }>
  | Readonly<{ kind: 'restart'; isAlice: boolean }>;

const index = fc.nat(1000);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('send' as const),
        isAlice: fc.boolean(),
        isStepPostponed: fc.boolean(),
      }),
    },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('deliver' as const), index }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('repeat' as const, 'drop' as const), index }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('damage' as const), index, byte: fc.nat(600) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('restart' as const), isAlice: fc.boolean() }),
    },
  ),
  { maxLength: STEPS, size: 'max' },
);

type Letter = Readonly<{ toAlice: boolean; text: string; message: string }>;

/** Two peers and what is on its way between them. Throws as soon as something goes wrong. */
class Network {
  readonly #primitives = openPrimitives('network', createNodeDh());
  readonly #states: { alice: RatchetState; bob: RatchetState };
  readonly #waiting: Letter[] = [];
  readonly #read: Letter[] = [];
  #sent = 0;

  constructor() {
    this.#states = { ...meet(this.#primitives) };
  }

  run(step: Step): void {
    switch (step.kind) {
      case 'send':
        this.#send(step.isAlice, step.isStepPostponed);
        break;
      case 'deliver':
        this.#deliver(this.#take(step.index));
        break;
      case 'repeat':
        this.#repeat(this.#read[step.index % (this.#read.length || 1)]);
        break;
      case 'drop':
        this.#take(step.index);
        break;
      case 'damage':
        this.#damage(this.#waiting[step.index % (this.#waiting.length || 1)], step.byte);
        break;
      case 'restart':
        this.#restart(step.isAlice ? 'alice' : 'bob');
        break;
      default:
        step satisfies never;
    }
  }

  /** Delivers all that still waits, latest first, and all that was read once more. */
  finish(): void {
    for (const letter of this.#waiting.splice(0).reverse()) this.#deliver(letter);
    for (const letter of this.#read.slice()) this.#repeat(letter);
  }

  #send(isAlice: boolean, isStepPostponed: boolean): void {
    const [me, peer] = isAlice ? [alice, bob] : [bob, alice];
    const text = String(this.#sent++);
    const context = { ...writing(me, peer, this.#primitives), isStepPostponed };
    const { state, message } = encrypt(this.#state(isAlice), Buffer.from(text), context);
    this.#states[isAlice ? 'alice' : 'bob'] = state;
    this.#waiting.push({ toAlice: !isAlice, text, message });
  }

  #deliver(letter: Letter | undefined): void {
    if (letter === undefined) return;
    const decrypted = this.#open(letter);
    if (decrypted.kind === 'refused') throw new Error(`${letter.text} is ${decrypted.reason}`);
    if (Buffer.from(decrypted.plain).toString() !== letter.text) throw new Error('another text');
    this.#states[letter.toAlice ? 'alice' : 'bob'] = decrypted.state;
    this.#read.push(letter);
  }

  #repeat(letter: Letter | undefined): void {
    if (letter !== undefined) this.#expectRefusal(letter, /^(?:stale|unsolicited|forged)$/);
  }

  #damage(letter: Letter | undefined, byte: number): void {
    if (letter === undefined) return;
    const { head, headText, sealed } = decodeDr1Message(letter.message);
    const changed = sealed.map((value, i) => (i === byte % sealed.length ? value ^ 4 : value));
    const before = this.#state(letter.toAlice);
    const bytes = stored(before);
    const decrypted = decrypt(before, { head, headText, sealed: changed }, this.#reading(letter));
    if (decrypted.kind === 'decrypted') throw new Error('damaged, but read');
    if (stored(before) !== bytes) throw new Error('a refused message left a trace');
  }

  #expectRefusal(letter: Letter, reason: RegExp): void {
    const before = this.#state(letter.toAlice);
    const bytes = stored(before);
    const decrypted = this.#open(letter);
    if (decrypted.kind === 'decrypted') throw new Error(`${letter.text} was read twice`);
    if (!reason.test(decrypted.reason)) throw new Error(`${letter.text} is ${decrypted.reason}`);
    if (stored(before) !== bytes) throw new Error('a refused message left a trace');
  }

  #restart(who: 'alice' | 'bob'): void {
    const reader = new StateReader(Buffer.from(stored(this.#states[who]), 'hex'));
    this.#states[who] = readRatchetState(reader);
    reader.finish();
  }

  #open(letter: Letter) {
    const { message, toAlice } = letter;
    return decrypt(this.#state(toAlice), decodeDr1Message(message), this.#reading(letter));
  }

  #reading({ toAlice }: Letter) {
    return toAlice ? reading(alice, bob, this.#primitives) : reading(bob, alice, this.#primitives);
  }

  #state(isAlice: boolean): RatchetState {
    return this.#states[isAlice ? 'alice' : 'bob'];
  }

  #take(at: number): Letter | undefined {
    return this.#waiting.splice(at % (this.#waiting.length || 1), 1)[0];
  }
}

test('row 2: whatever the network does, what arrives is read exactly once', (t) => {
  if (IS_LONG) t.timeout(3_600_000);
  fc.assert(
    fc.property(steps, (run) => {
      const network = new Network();
      for (const step of run) network.run(step);
      network.finish();
    }),
    { numRuns: RUNS, seed: SEED },
  );
  t.pass();
});

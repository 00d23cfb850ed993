import test from 'ava';
import { StorageError } from '../../storage/errors.ts';
import { DomainError } from '../../daemon/domain/errors.ts';
import { refusalOf, STATUS, unlessGone } from '../../daemon/http/report-errors.ts';
import { RequestError } from '../../daemon/http/request-error.ts';
import { WireError } from '../../daemon/wire/check.ts';

test('what others did wrong is told to them and is no defect', (t) => {
  const errors = [
    new WireError('bad_address', 'that is no address'),
    new DomainError('contact_exists', 'you know each other'),
    new RequestError('too_large', 'less, please', { Connection: 'close' }),
  ];

  for (const error of errors) {
    const refusal = refusalOf(error, () => t.fail());
    t.is(refusal.code, error.code);
    t.is(refusal.message, error.message);
  }
});

test('what we did wrong is reported to us, and gives nothing away', (t) => {
  const errors = [
    [new StorageError('storage_full', 'no room in /home/alice'), 'storage_full', 507],
    [new StorageError('document_damaged', 'broken: /home/alice/x'), 'storage_failed', 500],
    [new TypeError('secret'), 'internal', 500],
    ['a thrown string', 'internal', 500],
  ] as const;

  for (const [error, code, status] of errors) {
    const reported: unknown[] = [];
    const refusal = refusalOf(error, (defect) => void reported.push(defect));
    t.is(refusal.code, code);
    t.is(STATUS[refusal.code], status);
    t.notRegex(refusal.message, /home|secret|string/);
    t.deepEqual(reported, [error]);
  }
});

test('somebody who hung up is no defect', (t) => {
  const reported: unknown[] = [];
  const report = unlessGone((error) => void reported.push(error));
  const broken = new Error('broken');

  report(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  report(Object.assign(new Error('write'), { code: 'EPIPE' }));
  report(broken);

  t.deepEqual(reported, [broken]);
});

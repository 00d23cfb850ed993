import test from 'ava';
import type { VNode } from 'preact';
import { renderToString as renderVNode } from 'preact-render-to-string';
import type { ApiContact, ApiMessage } from '../../daemon/wire/gui-api.ts';
import { ContactComposer } from '../../gui/src/components/contact-composer.tsx';
import { ConfirmDialog } from '../../gui/src/components/confirm-dialog.tsx';
import { ContactTrust } from '../../gui/src/components/contact-trust.tsx';
import { ConversationHeader } from '../../gui/src/components/conversation-header.tsx';
import { ConversationItem } from '../../gui/src/components/conversation-item.tsx';
import { LogLead } from '../../gui/src/components/log-lead.tsx';
import { MessageBubble } from '../../gui/src/components/message-bubble.tsx';
import { NewKey } from '../../gui/src/components/new-key.tsx';
import { RequestCard } from '../../gui/src/components/request-card.tsx';
import { WordsContext } from '../../gui/src/texts/use-words.ts';
import { createWords } from './words.ts';
import {
  FINGERPRINT,
  iso,
  NO_GAMES,
  NO_INVITATIONS,
  NOON,
  sampleContact,
  sampleMessage,
} from './fakes.ts';

const PLAIN_WORDS = /not end-to-end encrypted/i;
const nothing = () => undefined;

function renderToString(node: VNode, language: 'en' | 'ru' = 'en'): string {
  const words = createWords(language);
  return renderVNode(<WordsContext.Provider value={words}>{node}</WordsContext.Provider>);
}

/** What is on the screen, tags and invisible marks taken out. */
function read(node: VNode, language: 'en' | 'ru' = 'en'): string {
  return renderToString(node, language)
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\u2066-\u2069]/g, '')
    .replace(/\s+/g, ' ');
}

const header = (contact: ApiContact) => (
  <ConversationHeader
    contact={contact}
    name="Anna"
    hasDetails={false}
    isFinding={false}
    now={NOON}
    onFind={nothing}
  />
);
const item = (contact: ApiContact) => (
  <ConversationItem
    row={{
      type: 'conversation',
      contact,
      last: undefined,
      unread: 0,
      draft: '',
      sending: undefined,
      activeAt: NOON,
    }}
    isCurrent={false}
    now={NOON}
    nameOf={() => 'Anna'}
  />
);
const composer = (contact: ApiContact) => (
  <ContactComposer
    {...{ contact, name: 'Anna' }}
    writing={{
      ...{ text: '', isConnected: true, isTypedElsewhere: false },
      ...{ followEdits: () => nothing, onInput: nothing, onSend: nothing },
    }}
  />
);
const request = (contact: ApiContact) => (
  <RequestCard
    request={contact}
    now={NOON}
    onAccept={nothing}
    onDismiss={nothing}
    onBlock={nothing}
  />
);
const bubble = (message: ApiMessage, isContactPlain = false) => (
  <MessageBubble
    message={message}
    isContinued={false}
    game={undefined}
    isMarked={false}
    isContactPlain={isContactPlain}
    now={NOON}
    nameOf={() => 'Anna'}
    actions={{
      invitation: NO_INVITATIONS,
      games: NO_GAMES,
      loadTimeline: async () => [],
      onRetry: nothing,
      onCancel: nothing,
      onDelete: nothing,
      onChoose: nothing,
    }}
    place={{ isOpen: false, isTabStop: true, onToggle: nothing, onFocus: nothing }}
  />
);
const trust = (contact: ApiContact) => (
  <ContactTrust
    contact={contact}
    name="Anna"
    own={FINGERPRINT}
    now={NOON}
    actions={{
      loadSafetyNumber: () => Promise.reject(new Error('not asked for')),
      onVerify: async () => true,
      onUnverify: async () => true,
      onAcceptChange: nothing,
      onDismissChange: nothing,
      onGoPlain: nothing,
    }}
  />
);

function withInfo(contact: ApiContact, info: Partial<ApiContact['other_info']>): ApiContact {
  return { ...contact, other_info: { ...contact.other_info, ...info } };
}

const plain = sampleContact();
const sealed = sampleContact({
  trust: 'tofu',
  encryption: 'dr1',
  id: FINGERPRINT,
  fingerprint: FINGERPRINT,
});
const verified = { ...sealed, trust: 'verified', verified: true } as const;

for (const [place, draw] of Object.entries({ header, item, composer, request, trust })) {
  test(`the ${place} of a plain contact says that it is not end-to-end encrypted`, (t) => {
    t.regex(read(draw(plain)), PLAIN_WORDS);
  });

  test(`the ${place} of an encrypted contact does not say so`, (t) => {
    t.notRegex(read(draw(sealed)), PLAIN_WORDS);
  });
}

test('the header of a plain contact adds what the overlay does', (t) => {
  t.regex(read(header(plain)), /encrypted in transit by Yggdrasil; relays can read/);
});

test('verified and not verified are told apart in every place', (t) => {
  for (const draw of [header, item, trust]) {
    t.regex(read(draw(verified)), /Encrypted, verified/);
    t.regex(read(draw(sealed)), /Encrypted, not verified/);
  }
});

test('every plain message says so, and no sealed one', (t) => {
  const own = sampleMessage(2, { direction: 'out', state: 'delivered' });

  t.regex(read(bubble(sampleMessage(1))), PLAIN_WORDS);
  t.regex(read(bubble(own)), PLAIN_WORDS);
  t.notRegex(read(bubble(sampleMessage(3, { enctype: 'dr1' }))), PLAIN_WORDS);
});

test('a screen reader hears of a plain message that it is one', (t) => {
  t.regex(renderToString(bubble(sampleMessage(1))), /aria-label="[^"]*not end-to-end encrypted"/);
});

test('a message past a friend is unproven only if it was plain', (t) => {
  const relayed = sampleMessage(1, { via: plain.address });

  t.regex(read(bubble(relayed)), /via Anna, sender not proven/);
  t.notRegex(read(bubble({ ...relayed, enctype: 'dr1' })), /not proven/);
});

test('a changed identity is loud, and says that nothing is sent', (t) => {
  const changed = withInfo(verified, { candidate: { at: iso(NOON), fingerprint: FINGERPRINT } });

  t.regex(read(header(changed)), /Identity changed/);
  t.regex(read(item(changed)), /nothing is sent until you decide/);
  t.regex(read(composer(changed)), /Kept and not sent until you have decided who Anna is/);
  const details = read(trust(changed));
  t.regex(details, /Anna comes with another identity/);
  t.regex(details, /Accept the new one — |Accept the new one From then on/);
  t.regex(details, /Keep the former/);
});

test('one that comes without encryption is told apart from one with another identity', (t) => {
  const changed = withInfo(sealed, { candidate: { at: iso(NOON), fingerprint: null } });

  t.regex(read(trust(changed)), /Anna comes without encryption/);
});

test('refused messages are counted, with the way back to unencrypted', (t) => {
  const details = read(trust(withInfo(sealed, { refused_plain: 2 })));

  t.regex(details, /2 unprotected messages in Anna’s name were refused/);
  t.regex(details, /Go back to unencrypted/);
});

test('nobody can say of an open question that it is decided', (t) => {
  const open = sampleContact({ trust: 'undecided' });

  for (const draw of [header, item, trust]) t.regex(read(draw(open)), /Not known yet/);
  t.regex(read(trust(open)), /We do not know yet whether Anna’s daemon encrypts/);
});

test('what the address proves is told apart from who it is', (t) => {
  t.regex(read(trust(plain)), /What the address proves Which computer answers/);
  t.regex(
    read(trust(withInfo(plain, { address_proves: 'nothing' }))),
    /What the address proves Nothing/,
  );
});

test('missing messages stand where they belong', (t) => {
  const lead = { dayAt: undefined, isFirstUnread: false, isContinued: false };

  t.regex(read(<LogLead lead={{ ...lead, missing: 2 }} now={NOON} />), /2 messages missing/);
  t.regex(
    read(<LogLead lead={{ ...lead, missing: 1 }} now={NOON} />, 'ru'),
    /Не хватает 1 сообщения/,
  );
  t.notRegex(read(<LogLead lead={{ ...lead, missing: 0 }} now={NOON} />), /missing/);
});

test('who has to write down a consequence cannot go on before', (t) => {
  const ask = (phrase?: string) =>
    renderToString(
      <ConfirmDialog
        title="Sure"
        hint="Think"
        yes="Yes"
        no="No"
        phrase={phrase}
        onYes={nothing}
        onClose={nothing}
      />,
    );

  t.regex(ask('may be a stranger'), /<button[^>]*disabled[^>]*>Yes/);
  t.notRegex(ask(), /disabled/);
});

test('every trust has words in both languages', (t) => {
  const trusts = ['undecided', 'plain', 'tofu', 'invited', 'verified'] as const;
  for (const language of ['en', 'ru'] as const) {
    for (const state of trusts) {
      const text = read(trust({ ...sealed, trust: state }), language);
      t.notRegex(text, /trust\.|contact\.|\{\{/, `${language} ${state}`);
    }
  }
});

test('a contact with a new key says so until it was compared', (t) => {
  const rekeyed = iso(NOON);

  t.regex(read(trust(withInfo(sealed, { rekeyed }))), /Anna has had a new key since .*old one/);
  t.regex(read(trust(withInfo(sealed, { rekeyed })), 'ru'), /Anna: новый ключ/);
  t.notRegex(read(trust(withInfo(verified, { rekeyed }))), /new key/);
  t.notRegex(read(trust(sealed)), /new key/);
});

test('the way to a new key tells what it is for, and is closed while contacts hear of the last one', (t) => {
  const rekey = { since: iso(NOON), waiting: 2 };
  const open = renderToString(<NewKey rekey={null} onRekey={nothing} />);
  const closed = renderToString(<NewKey rekey={rekey} onRekey={nothing} />);

  t.regex(read(<NewKey rekey={null} onRekey={nothing} />), /somebody may know your old key/);
  t.false(open.includes('disabled'));
  t.true(closed.includes('disabled'));
  t.regex(read(<NewKey rekey={rekey} onRekey={nothing} />), /2 contacts have not been told yet/);
  t.regex(read(<NewKey rekey={rekey} onRekey={nothing} />, 'ru'), /ещё не знают 2 собеседника/);
});

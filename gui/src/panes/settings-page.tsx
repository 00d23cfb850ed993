import { OWN_STATUSES } from '../../../daemon/wire/gui-api.ts';
import type { App } from '../app-state.ts';
import { KeyboardTable } from '../components/keyboard-table.tsx';
import { NickForm } from '../components/nick-form.tsx';
import { NewKey } from '../components/new-key.tsx';
import { NotifySetting } from '../components/notify-setting.tsx';
import { CopyButton } from '../components/copy-button.tsx';
import { Fingerprint } from '../components/fingerprint.tsx';
import { PeriodSetting } from '../components/period-setting.tsx';
import { Switch } from '../components/switch.tsx';
import { ChoiceSetting } from '../components/choice-setting.tsx';
import { AboutDaemon } from '../components/about-daemon.tsx';
import type { Notifications } from '../notifications.ts';
import { periodChoices } from '../text/deletion.ts';
import { useWords } from '../texts/use-words.ts';
import { BackupSection } from './backup-section.tsx';
import { OwnContact } from './own-contact.tsx';
import { PageFrame } from './page-frame.tsx';
import { SessionsSection } from './sessions-section.tsx';

type Props = Readonly<{ app: App; notifications: Notifications }>;

/** Everything that the owner can set. */
export function SettingsPage({ app, notifications }: Props) {
  const words = useWords();
  const { t } = words;
  const me = app.me.me.value;
  const status = app.status.status.value;
  const { theme, language, read_receipts: readReceipts } = app.me.settings.value;
  const { honour_deletion: honoursDeletion, retention } = app.me.settings.value;
  return (
    <PageFrame title={t('settings.title')}>
      <section class="card">
        <h2>{t('settings.you')}</h2>
        <NickForm
          nick={me?.nick ?? ''}
          label={t('nick.label')}
          onSave={(nick) => app.attempt(app.me.change({ nick }))}
        />
        {me !== undefined && (
          <>
            <ChoiceSetting
              label={t('status.label')}
              value={me.status}
              choices={OWN_STATUSES.map((value) => ({ value, label: t(`status.${value}`) }))}
              onChange={(value) => void app.attempt(app.me.change({ status: value }))}
            />
            <p class="hint">{t(`status.hint.${me.status}`)}</p>
          </>
        )}
      </section>
      <OwnContact app={app} />
      {me !== undefined && (
        <section class="card">
          <h2>{t('settings.trust')}</h2>
          <h3 class="section-title">{t('settings.fingerprint')}</h3>
          <Fingerprint text={me.fingerprint} />
          <p class="hint">{t('settings.fingerprintHint')}</p>
          <div class="actions">
            <CopyButton text={me.fingerprint} label={t('settings.copyFingerprint')} />
          </div>
          <Switch
            label={t('settings.readReceipts')}
            hint={t('settings.readReceiptsHint')}
            isOn={readReceipts}
            onChange={(isOn) =>
              void app.attempt(app.me.change({ settings: { read_receipts: isOn } }))
            }
          />
        </section>
      )}
      {me !== undefined && (
        <NewKey rekey={me.rekey} onRekey={() => void app.attempt(app.me.rekey())} />
      )}
      <section class="card">
        <h2>{t('retention.title')}</h2>
        <PeriodSetting
          label={t('retention.label')}
          hint={t('retention.hintAll')}
          value={retention}
          choices={periodChoices(words)}
          onChange={(value) => void app.attempt(app.me.change({ settings: { retention: value } }))}
        />
        <Switch
          label={t('retention.honour')}
          hint={t('retention.honourHint')}
          isOn={honoursDeletion}
          onChange={(isOn) =>
            void app.attempt(app.me.change({ settings: { honour_deletion: isOn } }))
          }
        />
      </section>
      <section class="card">
        <h2>{t('settings.look')}</h2>
        <ChoiceSetting
          label={t('settings.theme')}
          value={theme}
          choices={[
            { value: 'system', label: t('settings.themes.system') },
            { value: 'light', label: t('settings.themes.light') },
            { value: 'dark', label: t('settings.themes.dark') },
          ]}
          onChange={(value) => void app.attempt(app.me.change({ settings: { theme: value } }))}
        />
        <ChoiceSetting
          label={t('settings.language')}
          value={language}
          choices={[
            { value: 'system', label: t('settings.languages.system') },
            { value: 'en', label: t('settings.languages.en') },
            { value: 'ru', label: t('settings.languages.ru') },
          ]}
          onChange={(value) => void app.attempt(app.me.change({ settings: { language: value } }))}
        />
      </section>
      <section class="card">
        <h2>{t('settings.notifications')}</h2>
        <NotifySetting
          state={notifications.state.value}
          isOn={notifications.isWanted.value}
          onChange={(isOn) => void notifications.want(isOn)}
        />
      </section>
      <BackupSection app={app} />
      <SessionsSection app={app} />
      <section class="card">
        <h2>{t('settings.relay')}</h2>
        <p>
          <a href="/relay">{t('relay.title')}</a>
        </p>
      </section>
      <section class="card" id="keyboard">
        <h2>{t('settings.keyboard')}</h2>
        <KeyboardTable />
      </section>
      {status !== undefined && (
        <section class="card">
          <h2>{t('settings.about')}</h2>
          <AboutDaemon status={status} now={app.now.value} />
        </section>
      )}
    </PageFrame>
  );
}

import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openBrowser } from '../../daemon/cli/open-browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const LINK = 'http://127.0.0.1:4885/#t=one-time-ticket';

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a browser is handed neither the ticket in its arguments nor the passphrase', async (t) => {
  const folder = await temporaryFolder(t);
  const seen = join(folder, 'seen');
  const opener = join(folder, 'xdg-open');
  await writeFile(
    opener,
    `#!/bin/sh\n{ echo "$@"; env; } > ${seen}.part\nmv ${seen}.part ${seen}\n`,
  );
  await chmod(opener, 0o700);
  process.env['PATH'] = `${folder}:${process.env['PATH'] ?? ''}`;
  process.env['VESTNIK_PASSPHRASE'] = 'secret of the owner';

  await openBrowser(LINK, folder);

  const told = await eventually(() => readFile(seen, 'utf8'));
  t.regex(told, /^file:\/\/.*open-gui\.html$/m);
  t.notRegex(told, /one-time-ticket|secret of the owner|PASSPHRASE/);
  t.is((await stat(join(folder, 'open-gui.html'))).mode & 0o777, 0o600);
});

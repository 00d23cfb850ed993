import test from 'ava';
import { startBrowser } from '../helpers/browser.ts';
import { issueCertificate, writeCertificate } from '../helpers/certificate.ts';
import { startDaemonProcess } from '../helpers/daemon-process.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

test('the GUI works over TLS, its live connection too', async (t) => {
  const data = await temporaryFolder(t);
  await writeCertificate(data, issueCertificate());
  const environment = { VESTNIK_GUI_TLS_CERT: 'tls.crt', VESTNIK_GUI_TLS_KEY: 'tls.key' };
  const daemon = await startDaemonProcess(t, { data, nick: 'Ann', environment });
  const browser = await startBrowser(t);

  // Resolves once the live connection is there.
  const { page, complaints } = await browser.open(daemon);

  t.regex(page.url(), /^https:\/\/127\.0\.0\.1:\d+\/$/);
  // Under a certificate that it was told to overlook, a browser takes no service worker; the GUI does without.
  t.deepEqual(
    complaints.filter((one) => !/when fetching the script\./.test(one)),
    [],
  );
});

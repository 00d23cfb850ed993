import type { Clock, Timer } from '../domain/ports.ts';
import { readCertificate, type Certificate, type CertificateFiles } from '../http/certificate.ts';

/** How often the files are looked at. */
export const CERTIFICATE_CHECK_MS = 60_000;

export type CertificateWatchOptions = Readonly<{
  files: CertificateFiles;
  /** What is shown now. */
  current: Certificate;
  clock: Clock;
  /** Gets a certificate that is complete and goes with its key. */
  onChange: (certificate: Certificate) => void;
  /** Hears that there is another one that can't be used, or none any more. The one before stays in use. */
  onProblem: (error: unknown) => void;
}>;

/**
 * Notices that the owner's certificate was renewed.
 *
 * The files are read again every minute, and compared as a whole: programs that renew certificates replace files, links
 * or what links lead to, some of them one file after the other, and a signal would have to be arranged for each.
 */
export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  #current: Certificate;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
    this.#current = options.current;
  }

  /** What is shown now. */
  get current(): Certificate {
    return this.#current;
  }

  start(): void {
    this.#timer = this.#options.clock.after(CERTIFICATE_CHECK_MS, () => {
      this.#look()
        .catch(this.#options.onProblem)
        .finally(() => {
          if (!this.#isStopped) this.start();
        });
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const found = await readCertificate(this.#options.files);
    const { chain, key } = this.#current;
    if (this.#isStopped || (found.chain === chain && found.key === key)) return;
    this.#current = found;
    this.#options.onChange(found);
  }
}

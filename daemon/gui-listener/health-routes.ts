/** `/healthz` and `/metrics`: for whoever watches the daemon. */
import { answerJson } from '../http/answer-json.ts';
import type { Middleware } from 'koa';
import type { ApiStatus } from '../wire/gui-api.ts';
import type { GuiState } from './gui-context.ts';
import type { GuiDomain } from './gui-domain.ts';

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Whether the daemon can do its work: 200, or 503 when the disk takes nothing. */
export function answerHealth({ owner }: GuiDomain): Middleware<GuiState> {
  return (ctx) => {
    const { disk, version } = owner.status();
    ctx.status = disk.state === 'ok' ? 200 : 503;
    answerJson(ctx, { status: disk.state === 'ok' ? 'ok' : disk.state, version });
  };
}

/** What a Prometheus server collects. */
export function answerMetrics(domain: GuiDomain): Middleware<GuiState> {
  return (ctx) => {
    ctx.type = METRICS_TYPE;
    ctx.body = metricsOf(domain).map(formatMetric).join('');
  };
}

type Metric = Readonly<{
  name: string;
  help: string;
  type: 'gauge' | 'counter';
  value: number;
  labels?: string;
}>;

function metricsOf({ owner, contacts, relay }: GuiDomain): readonly Metric[] {
  const status = owner.status();
  const ledger = relay.ledger();
  return [
    gauge('vestnik_info', 'Version of the daemon.', 1, `{version="${status.version}"}`),
    gauge('vestnik_contacts', 'Contacts in the address book.', contacts.list().length),
    gauge('vestnik_contact_requests', 'Contact requests that wait.', contacts.requests().length),
    gauge('vestnik_contacts_reachable', 'Contacts with a sign of life lately.', status.reachable),
    gauge('vestnik_outbox_messages', 'Messages not yet delivered.', status.outbox),
    gauge('vestnik_relay_messages', 'Messages carried for others.', sum(ledger, 'messages')),
    gauge('vestnik_relay_bytes', 'Bytes carried for others.', sum(ledger, 'bytes')),
    gauge('vestnik_disk_writable', 'Whether the disk takes what comes.', writable(status)),
    counter('vestnik_key_operations_total', 'Public-key operations.', owner.keyOperations),
    gauge('process_resident_memory_bytes', 'Memory in use.', process.memoryUsage.rss()),
    counter('process_cpu_seconds_total', 'Processor time used.', cpuSeconds()),
    gauge('process_uptime_seconds', 'Time since the daemon started.', process.uptime()),
  ];
}

function gauge(name: string, help: string, value: number, labels = ''): Metric {
  return { name, help, type: 'gauge', value, labels };
}

function counter(name: string, help: string, value: number): Metric {
  return { name, help, type: 'counter', value };
}

function formatMetric({ name, help, type, value, labels = '' }: Metric): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name}${labels} ${value}\n`;
}

function writable({ disk }: ApiStatus): number {
  return disk.state === 'ok' ? 1 : 0;
}

function sum<Name extends string>(
  lines: readonly Readonly<Record<Name, number>>[],
  name: Name,
): number {
  return lines.reduce((total, line) => total + line[name], 0);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}

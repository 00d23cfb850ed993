/** Everything that a data folder holds, opened in the order in which it must be. */
import { join } from 'node:path';
import { DiskSpace } from '../../storage/disk-space.ts';
import { lockFolder } from '../../storage/folder-lock.ts';
import { openFolder } from '../../storage/folder.ts';
import { openMeta } from '../../storage/meta.ts';
import type { OnNotice } from '../../storage/notice.ts';
import type { DiskState } from '../domain/owner.ts';
import { openContactStore, type FileContactStore } from './contact-store.ts';
import { openDraftStore, type FileDraftStore } from './draft-store.ts';
import { openLoginStore, type FileLoginStore } from './login-store.ts';
import { openMessageStore, type JournalMessageStore } from './message-store.ts';
import { openOwnerStore, type FileOwnerStore } from './owner-store.ts';
import { openRelayStore, type JournalRelayStore } from './relay-store.ts';
import { openRequestStore, type FileRequestStore } from './request-store.ts';
import { readOrCreateSecret } from './secret-file.ts';

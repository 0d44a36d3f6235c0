/**
 * For tests: every chunk, loaded as ordinary modules.
 */
import '../../chunks/base.ts';
import '../../chunks/clone.ts';
import '../../chunks/coders.ts';
import '../../chunks/crypto.ts';
import '../../chunks/data.ts';
import '../../chunks/digest.ts';
import '../../chunks/encoding.ts';
import '../../chunks/events.ts';
import '../../chunks/fetch.ts';
import '../../chunks/forms.ts';
import '../../chunks/inspect.ts';
import '../../chunks/navigator.ts';
import '../../chunks/service.ts';
import '../../chunks/streams.ts';
import '../../chunks/timers.ts';
import '../../chunks/url.ts';
import '../../chunks/url-pattern.ts';
import '../../chunks/compression.ts';
import '../../chunks/transfer.ts';
import '../../chunks/messaging.ts';
import '../../chunks/file-reader.ts';
import '../../chunks/blob-urls.ts';
import '../../chunks/broadcast.ts';
import '../../chunks/integrity.ts';
import '../../chunks/user-timing.ts';
import '../../chunks/handlers.ts';
import '../../chunks/websocket.ts';
import '../../chunks/event-source.ts';

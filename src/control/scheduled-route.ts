/** `POST /apps/:name/scheduled`: runs an app's scheduled handler. `?cron=…` is what it reads as `controller.cron`, `?time=…` its scheduled time. */
import { timeArgument } from '../base/time-argument.ts';
import type { TriggerResult } from '../protocol/engine.ts';
import { type AdminRoute, sendJson, sendText } from './route.ts';

export interface ScheduledSource {
  isKnown(app: string): boolean;
  scheduled(app: string, cron: string, scheduledTime: number): Promise<TriggerResult>;
}

export function scheduledRoute(source: ScheduledSource): AdminRoute {
  return {
    method: 'POST',
    path: '/apps/:name/scheduled',
    handle: async ({ response, params, query }) => {
      const name = params['name'] ?? '';
      const time = timeArgument(query.get('time'));
      if (!source.isKnown(name)) return sendText(response, 404, 'there is no app of that name\n');
      if (time === undefined) return sendText(response, 400, '"time" is not a number of milliseconds since 1970\n');
      const result = await source.scheduled(name, query.get('cron') ?? '', time);
      sendJson(response, result.outcome === 'ok' ? 200 : 500, result);
    },
  };
}

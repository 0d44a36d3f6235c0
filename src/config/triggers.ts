/** `triggers`. @see https://developers.cloudflare.com/workers/wrangler/configuration/#triggers */
import { z } from 'zod';
import { cronFault } from './cron.ts';

const cron = z.string().refine((text) => cronFault(text) === undefined, {
  error: (issue) => `${JSON.stringify(issue.input)} is not a cron expression: ${cronFault(String(issue.input))}.`,
});

export const triggersSchema = z.looseObject({ crons: z.array(cron).optional() });

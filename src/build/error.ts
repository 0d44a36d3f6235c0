/** Why an app could not be built, stored or loaded, in words and code frames for the person who wrote it. */
import { formatMessages, type Message, type PartialMessage } from 'esbuild';

/**
 * `source`: the app's code or imports; `too-large`: over the bundle limit; `command`: the custom build command failed;
 * `disk`: writing failed; `corrupt`: what is on disk is not what was written.
 */
export type BuildErrorCode = 'source' | 'too-large' | 'command' | 'disk' | 'corrupt';

export interface BuildProblem {
  readonly text: string;
  /** Relative to the project. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** 1-based. */
  readonly column: number | undefined;
  readonly lineText: string | undefined;
  readonly notes: readonly string[];
}

export class BuildError extends Error {
  readonly code: BuildErrorCode;
  readonly problems: readonly BuildProblem[];
  readonly #coloured: string;

  /** @param frames the message as text, `coloured` the same with colours */
  constructor(code: BuildErrorCode, frames: string, problems: readonly BuildProblem[] = [], coloured: string = frames) {
    super(frames);
    this.name = 'BuildError';
    this.code = code;
    this.problems = Object.freeze([...problems]);
    this.#coloured = coloured;
  }

  format(options: { readonly colour?: boolean | undefined } = {}): string {
    return options.colour === true ? this.#coloured : this.message;
  }
}

/** A BuildError with esbuild's code frames. */
export async function sourceError(messages: readonly (Message | PartialMessage)[]): Promise<BuildError> {
  const list = [...messages];
  const [plain, coloured] = await Promise.all([formatMessages(list, { kind: 'error', color: false }), formatMessages(list, { kind: 'error', color: true })]);
  const text = (frames: string[]): string => frames.map((frame) => frame.trimEnd()).join('\n\n');
  return new BuildError('source', text(plain), list.map(problem), text(coloured));
}

function problem(message: Message | PartialMessage): BuildProblem {
  const location = message.location ?? undefined;
  return Object.freeze({
    text: message.text ?? '',
    file: location?.file,
    line: location?.line,
    column: location?.column === undefined ? undefined : location.column + 1,
    lineText: location?.lineText,
    notes: Object.freeze((message.notes ?? []).map((note) => note.text ?? '')),
  });
}

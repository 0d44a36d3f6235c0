/** A parsed URL. @see https://url.spec.whatwg.org/#concept-url */
export type UrlRecord = {
  /** Without the colon. */
  scheme: string;
  username: string;
  password: string;
  host: string | null;
  port: number | null;
  path: string;
  isOpaque: boolean;
  query: string | null;
  fragment: string | null;
};

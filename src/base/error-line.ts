/** An error in one line: "Name: message". What was thrown and is no error has no name, and is its own text. */
export const errorLine = ({ name, message }: { name: string; message: string }): string =>
  name === '' || message === '' ? name + message : `${name}: ${message}`;

const outcome = async (work) => {
  try {
    return (await work()) ?? 'undefined';
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

/** Host and address are made up anew by each implementation. */
const plain = (db, text) => text.replaceAll(db.host, 'HOST').replaceAll(db.ip, 'IP');

export const cases = {
  'its properties': ({ DB }) => [DB.user, DB.password, DB.database, DB.port, Object.keys(DB).sort()],
  "host: a name that is nobody's": ({ DB }) => /^[0-9a-f]{32}\.hyperdrive\.local$/.test(DB.host),
  'ip: a reserved address': ({ DB }) => /^240\.0\.\d+\.\d+$/.test(DB.ip),
  'connectionString: for PostgreSQL': ({ DB }) => plain(DB, DB.connectionString),
  'connectionString: for MySQL': ({ MY }) => plain(MY, MY.connectionString),
  'port: of MySQL': ({ MY }) => MY.port,
  'String: its name': ({ DB }) => [String(DB), DB.constructor.name, typeof DB.connect],
  'host and ip: each binding has its own': ({ DB, MY }) => [DB.host === MY.host, DB.ip === MY.ip],
  'connect: makes a socket': ({ DB }) => {
    const socket = DB.connect();
    return [String(socket), socket.secureTransport, socket.upgraded];
  },
  'connect: startTls is not to be had': ({ DB }) => outcome(() => DB.connect().startTls()),
};

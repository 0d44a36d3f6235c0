/** The driver names streams, and uses them for COPY only. */
export default { Readable: class {}, Writable: class {}, Duplex: class {} };

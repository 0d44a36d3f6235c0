import postgres from 'postgres';

const settled = async (work) => {
  try {
    return await work();
  } catch (error) {
    return `${error.code ?? error.name}: ${error.message}`;
  }
};

export default {
  async fetch(_request, env) {
    const url = env.DB?.connectionString ?? env.DATABASE_URL;
    const options = { fetch_types: false, max: 1, connect_timeout: 10, ...(env.SSL === undefined ? {} : { ssl: env.SSL }) };
    const sql = postgres(url, options);
    const answers = {
      sum: await settled(async () => (await sql`select ${1}::int4 + ${2}::int4 as value`)[0].value),
      rows: await settled(async () => (await sql.unsafe('select rows 5000')).length),
      wrong: await settled(() => sql.unsafe('nonsense')),
      again: await settled(async () => (await sql`select ${20}::int4 + ${22}::int4 as value`)[0].value),
    };
    await sql.end();
    return Response.json(answers);
  },
};

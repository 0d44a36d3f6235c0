/**
 * A JSON API with Hono: routes, middleware, validation, errors as JSON.
 *
 * The todos live in the isolate: they are gone when it is (after a deploy, when it has been idle, when a limit was
 * hit), and another engine has others. Keep what must last in a binding.
 */
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { validator } from 'hono/validator';

type Env = { Bindings: { MAX_TODOS: number } };
type Todo = { id: string; title: string; done: boolean };

const todos = new Map<string, Todo>();
const app = new Hono<Env>();

app.use(cors());
app.use(async (c, next) => {
  const started = performance.now();
  await next();
  c.header('server-timing', `app;dur=${performance.now() - started}`);
});

app.onError((error, c) => {
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
  console.error(error);
  return c.json({ error: 'internal error' }, 500);
});
app.notFound((c) => c.json({ error: 'not found' }, 404));

const newTodo = validator('json', (value: { title?: unknown }) => {
  const { title } = value;
  if (typeof title !== 'string' || title.trim() === '') throw new HTTPException(400, { message: '"title" must be a text that is not empty' });
  return { title: title.trim() };
});

const find = (id: string): Todo => {
  const todo = todos.get(id);
  if (todo === undefined) throw new HTTPException(404, { message: `no todo ${id}` });
  return todo;
};

app.get('/', (c) => c.redirect('/todos'));
app.get('/todos', (c) => c.json([...todos.values()]));
app.post('/todos', newTodo, (c) => {
  if (todos.size >= c.env.MAX_TODOS) throw new HTTPException(409, { message: `there are ${c.env.MAX_TODOS} todos already` });
  const todo: Todo = { id: crypto.randomUUID(), title: c.req.valid('json').title, done: false };
  todos.set(todo.id, todo);
  return c.json(todo, 201, { location: `/todos/${todo.id}` });
});
app.get('/todos/:id', (c) => c.json(find(c.req.param('id'))));
app.put('/todos/:id/done', (c) => {
  const todo = find(c.req.param('id'));
  todo.done = true;
  return c.json(todo);
});
app.delete('/todos/:id', (c) => {
  todos.delete(find(c.req.param('id')).id);
  return c.body(null, 204);
});

export default app;

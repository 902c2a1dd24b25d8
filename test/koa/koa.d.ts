declare module 'koa2' {
  export { default } from 'koa';
}
declare module 'koa3' {
  export { default } from 'koa';
}
declare module 'koa-bodyparser' {
  import type { Context, Middleware } from 'koa';

  function bodyParser(options?: { onerror?: (error: Error, ctx: Context) => void }): Middleware;
  export = bodyParser;
}
declare module 'koa-mount' {
  import type Koa from 'koa';

  function mount(prefix: string, mounted: Koa | Koa.Middleware): Koa.Middleware;
  export = mount;
}

import type { CanActivate, ExceptionFilter, NestInterceptor, PipeTransform } from '@nestjs/common';
import { type ApplicationConfig, type ContextId, type ExternalContextCreator, ModuleRef } from '@nestjs/core';

/** What was made for the whole app: by `APP_GUARD` and its siblings, or by `app.useGlobalGuards()` and its siblings. */
export interface GlobalEnhancers {
  readonly guards: readonly CanActivate[];
  readonly interceptors: readonly NestInterceptor[];
  readonly pipes: readonly PipeTransform[];
  readonly filters: readonly ExceptionFilter[];
}

export const NO_GLOBAL_ENHANCERS: GlobalEnhancers = { guards: [], interceptors: [], pipes: [], filters: [] };

type Wrapper = ReturnType<ApplicationConfig['getGlobalRequestGuards']>[number];

/** Nest keeps its configuration in a private field, which is the same in Nest 10, 11 and 12. */
export function configOf(contextCreator: ExternalContextCreator): ApplicationConfig {
  return Reflect.get(Reflect.get(contextCreator, 'guardsContextCreator'), 'config');
}

/** True if some of them are created for each request, so that a delivery needs its own. */
export function hasScoped(config: ApplicationConfig): boolean {
  return [
    config.getGlobalRequestGuards(),
    config.getGlobalRequestInterceptors(),
    config.getGlobalRequestPipes(),
    config.getGlobalRequestFilters(),
  ].some(({ length }) => length > 0);
}

export function staticEnhancers(config: ApplicationConfig): GlobalEnhancers {
  return {
    guards: config.getGlobalGuards(),
    interceptors: config.getGlobalInterceptors(),
    pipes: config.getGlobalPipes(),
    filters: config.getGlobalFilters(),
  };
}

/** Creates those that belong to one delivery, and adds them to the others. */
export async function enhancersOf(config: ApplicationConfig, contextId: ContextId): Promise<GlobalEnhancers> {
  const { guards, interceptors, pipes, filters } = staticEnhancers(config);
  const create = <Enhancer>(wrappers: readonly object[]): Promise<Enhancer[]> =>
    Promise.all(wrappers.map((wrapper) => resolve<Enhancer>(wrapper as Wrapper, contextId)));
  return {
    guards: [...guards, ...(await create<CanActivate>(config.getGlobalRequestGuards()))],
    interceptors: [
      ...interceptors,
      ...(await create<NestInterceptor>(config.getGlobalRequestInterceptors())),
    ],
    pipes: [...pipes, ...(await create<PipeTransform>(config.getGlobalRequestPipes()))],
    filters: [...filters, ...(await create<ExceptionFilter>(config.getGlobalRequestFilters()))],
  };
}

function resolve<Enhancer>(wrapper: Wrapper, contextId: ContextId): Promise<Enhancer> {
  return moduleRefOf(wrapper).resolve(wrapper.token, contextId);
}

/** The module of a provider is asked for it, because another one may provide something else under the same token. */
export function moduleRefOf({ host }: Wrapper): ModuleRef {
  return host?.getProviderByKey(ModuleRef).instance as ModuleRef;
}

import { type RouteConfig, route } from '@react-router/dev/routes';

const routes: RouteConfig = [route('webhooks/showpad', 'showpad.ts')];

export default routes;

import { render } from 'preact';
import { App } from './app.tsx';
import { connect } from './state/live.ts';

void connect();
render(<App />, document.getElementById('dashboard') as HTMLElement);

/** Entry of the pages: mounts the application. */
import { render } from 'preact'
import { App } from './app.tsx'
import { askFirstRows } from './pages/trace/first-rows.ts'
import './style/index.css'

await askFirstRows()
render(<App />, document.getElementById('app')!)

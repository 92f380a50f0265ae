/** The door for `--import` and `-r`: configures from the environment alone. */
import { configureOpentelemetry } from './configure.ts'

configureOpentelemetry()

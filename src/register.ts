/** The door for `--import` and `-r`: configures from the environment alone. */
export {}

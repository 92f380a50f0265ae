/** The Express program; its arms keep no trace. */
require('./express.cjs')

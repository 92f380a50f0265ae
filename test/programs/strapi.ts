/** A project of Strapi, as its own command makes it: settings, and one type of content that everybody may read and write. */
const POST = 'src/api/post'
const core = (what: string, options = ''): string =>
  `const { factories } = require('@strapi/strapi')\nmodule.exports = factories.createCore${what}('api::post.post'${options})\n`

export const STRAPI: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ private: true, name: 'app', strapi: { uuid: false } }),
  'main.cjs': `require('@strapi/core').createStrapi({ appDir: __dirname, distDir: __dirname, serveAdminPanel: false, autoReload: false }).start()\n`,
  'favicon.png': '',
  'config/server.js': `module.exports = ({ env }) => ({ host: '127.0.0.1', port: env.int('PORT'), app: { keys: ['a', 'b'] } })\n`,
  'config/admin.js': `module.exports = () => ({ auth: { secret: 'a' }, apiToken: { salt: 'a' }, transfer: { token: { salt: 'a' } }, serveAdminPanel: false })\n`,
  'config/database.js': `module.exports = ({ env }) => ({ connection: { client: 'postgres', connection: { connectionString: env('DATABASE_URL') }, pool: { min: 0, max: 5 } } })\n`,
  'config/middlewares.js': `module.exports = ['errors', 'security', 'cors', 'query', 'body', 'favicon', 'public'].map((name) => 'strapi::' + name)\n`,
  'config/plugins.js': `module.exports = () => ({})\n`,
  'config/api.js': `module.exports = {}\n`,
  'public/uploads/.gitkeep': '',
  'src/index.js': `module.exports = { register() {}, bootstrap() {} }\n`,
  [`${POST}/content-types/post/schema.json`]: JSON.stringify({
    kind: 'collectionType',
    collectionName: 'posts',
    info: { singularName: 'post', pluralName: 'posts', displayName: 'Post' },
    options: { draftAndPublish: false },
    attributes: { title: { type: 'string' } },
  }),
  [`${POST}/routes/post.js`]: core(
    'Router',
    `, { config: { find: { auth: false }, findOne: { auth: false }, create: { auth: false } } }`,
  ),
  [`${POST}/controllers/post.js`]: core('Controller'),
  [`${POST}/services/post.js`]: core('Service'),
}

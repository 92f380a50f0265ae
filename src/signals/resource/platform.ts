/** What the platform says about itself in environment variables: cloud, Kubernetes, continuous integration. Nothing is asked over the network. */
import type { Attributes } from '@opentelemetry/api'

type Environment = Readonly<Record<string, string | undefined>>
type Found = Record<string, string | number | readonly string[] | undefined>

/** Where builds and platforms put the commit that runs. */
const COMMIT_VARIABLES = [
  'VCS_REF_HEAD_REVISION', 'GIT_COMMIT', 'GIT_COMMIT_SHA', 'GIT_SHA', 'COMMIT_SHA', 'GITHUB_SHA', 'CI_COMMIT_SHA', 'BITBUCKET_COMMIT', 'CIRCLE_SHA1',
  'BUILD_SOURCEVERSION', 'TRAVIS_COMMIT', 'BUILDKITE_COMMIT', 'DRONE_COMMIT_SHA', 'CODEBUILD_RESOLVED_SOURCE_VERSION', 'SEMAPHORE_GIT_SHA',
  'APPVEYOR_REPO_COMMIT', 'CF_PAGES_COMMIT_SHA', 'VERCEL_GIT_COMMIT_SHA', 'COMMIT_REF', 'RENDER_GIT_COMMIT', 'RAILWAY_GIT_COMMIT_SHA',
  'HEROKU_BUILD_COMMIT', 'HEROKU_SLUG_COMMIT', 'SOURCE_VERSION', 'SOURCE_COMMIT',
] // biome-ignore format: a table

export function detectCommit(env: Environment): Attributes {
  const commit = COMMIT_VARIABLES.map((name) => env[name]?.trim()).find((value) =>
    /^[0-9a-f]{7,64}$/i.test(value ?? ''),
  )
  return present({ 'vcs.ref.head.revision': commit?.toLowerCase() })
}

/** The variables that a pod spec fills by the downward API; the short names mean something else outside of a cluster. */
export function detectKubernetes(env: Environment): Attributes {
  const isInside = isSet(env.KUBERNETES_SERVICE_HOST)
  const read = (...names: string[]): string | undefined =>
    names
      .filter((name) => isInside || name.startsWith('K8S_'))
      .map((name) => env[name]?.trim())
      .find(isSet)
  return present({
    'k8s.pod.name': read('K8S_POD_NAME', 'POD_NAME', 'MY_POD_NAME'),
    'k8s.pod.uid': read('K8S_POD_UID', 'POD_UID', 'MY_POD_UID'),
    'k8s.pod.ip': read('K8S_POD_IP', 'POD_IP', 'MY_POD_IP'),
    'k8s.namespace.name': read('K8S_NAMESPACE_NAME', 'K8S_NAMESPACE', 'POD_NAMESPACE', 'MY_POD_NAMESPACE', 'NAMESPACE'),
    'k8s.node.name': read('K8S_NODE_NAME', 'NODE_NAME', 'MY_NODE_NAME'),
    'k8s.container.name': read('K8S_CONTAINER_NAME', 'CONTAINER_NAME'),
    'k8s.deployment.name': read('K8S_DEPLOYMENT_NAME', 'DEPLOYMENT_NAME'),
    'k8s.cluster.name': read('K8S_CLUSTER_NAME', 'CLUSTER_NAME'),
  })
}

export function detectAws(env: Environment): Attributes {
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION
  if (isSet(env.AWS_LAMBDA_FUNCTION_NAME)) {
    const megabytes = Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE)
    return present({
      ...cloud('aws', 'aws_lambda', region),
      'faas.name': env.AWS_LAMBDA_FUNCTION_NAME,
      'faas.version': env.AWS_LAMBDA_FUNCTION_VERSION,
      'faas.instance': env.AWS_LAMBDA_LOG_STREAM_NAME,
      'faas.max_memory': megabytes > 0 ? megabytes * 1024 * 1024 : undefined,
      'aws.log.group.names': isSet(env.AWS_LAMBDA_LOG_GROUP_NAME) ? [env.AWS_LAMBDA_LOG_GROUP_NAME!] : undefined,
    })
  }
  const isContainer = isSet(env.ECS_CONTAINER_METADATA_URI_V4) || isSet(env.ECS_CONTAINER_METADATA_URI)
  return isContainer ? present(cloud('aws', 'aws_ecs', region)) : {}
}

export function detectGcp(env: Environment): Attributes {
  const account = { 'cloud.account.id': env.GOOGLE_CLOUD_PROJECT ?? env.GCLOUD_PROJECT ?? env.GCP_PROJECT }
  const region = env.GOOGLE_CLOUD_REGION ?? env.FUNCTION_REGION
  if (isSet(env.GAE_SERVICE)) {
    const service = { 'faas.name': env.GAE_SERVICE, 'faas.version': env.GAE_VERSION, 'faas.instance': env.GAE_INSTANCE }
    return present({ ...cloud('gcp', 'gcp_app_engine', region), ...account, ...service })
  }
  if (isSet(env.CLOUD_RUN_JOB)) {
    return present({
      ...cloud('gcp', 'gcp_cloud_run', region),
      ...account,
      'faas.name': env.CLOUD_RUN_JOB,
      'gcp.cloud_run.job.execution': env.CLOUD_RUN_EXECUTION,
      'gcp.cloud_run.job.task_index': wholeNumber(env.CLOUD_RUN_TASK_INDEX),
    })
  }
  if (!isSet(env.K_SERVICE) || !(isSet(env.K_REVISION) || isSet(env.K_CONFIGURATION))) return {}
  const platform = isSet(env.FUNCTION_TARGET) ? 'gcp_cloud_functions' : 'gcp_cloud_run'
  return present({
    ...cloud('gcp', platform, region),
    ...account,
    'faas.name': env.K_SERVICE,
    'faas.version': env.K_REVISION,
  })
}

export function detectAzure(env: Environment): Attributes {
  if (isSet(env.CONTAINER_APP_NAME))
    return present({
      ...cloud('azure', 'azure.container_apps', undefined),
      'faas.instance': env.CONTAINER_APP_REPLICA_NAME,
    })
  if (!isSet(env.WEBSITE_SITE_NAME)) return {}
  const isFunction = isSet(env.FUNCTIONS_EXTENSION_VERSION)
  const common = {
    ...cloud('azure', isFunction ? 'azure.functions' : 'azure.app_service', env.REGION_NAME),
    'cloud.resource_id': azureResourceId(env),
    'deployment.environment.name': env.WEBSITE_SLOT_NAME,
  }
  if (!isFunction) return present({ ...common, 'host.id': env.WEBSITE_HOSTNAME })
  const megabytes = Number(env.WEBSITE_MEMORY_LIMIT_MB)
  return present({
    ...common,
    'faas.name': env.WEBSITE_SITE_NAME,
    'faas.instance': env.WEBSITE_INSTANCE_ID,
    'faas.max_memory': megabytes > 0 ? megabytes * 1024 * 1024 : undefined,
  })
}

/** The owner is `<subscription>+<resource group's region>`. */
function azureResourceId(env: Environment): string | undefined {
  const subscription = env.WEBSITE_OWNER_NAME?.split('+')[0]
  if (!isSet(subscription) || !isSet(env.WEBSITE_RESOURCE_GROUP)) return undefined
  return `/subscriptions/${subscription}/resourceGroups/${env.WEBSITE_RESOURCE_GROUP}/providers/Microsoft.Web/sites/${env.WEBSITE_SITE_NAME}`
}

function cloud(provider: string, platform: string, region: string | undefined): Found {
  return { 'cloud.provider': provider, 'cloud.platform': platform, 'cloud.region': region }
}

function wholeNumber(text: string | undefined): number | undefined {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : undefined
}

const isSet = (value: string | undefined): boolean => value !== undefined && value.trim() !== ''

function present(found: Found): Attributes {
  return Object.fromEntries(
    Object.entries(found).filter(([, value]) => value !== undefined && value !== ''),
  ) as Attributes
}

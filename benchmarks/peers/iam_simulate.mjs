// Answers the requests of one question with iam-simulate, through its public interface, in a process of its own.
//
// First line of standard input: the folder of node_modules. Second line: the question as JSON. It answers with one line
// of JSON, the answers; then for every further line with the seconds of processor time that one pass took.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const next = async () => (await lines.next()).value

const require = createRequire((await next()) + '/')
const question = JSON.parse(await next())
const { runUnsafeSimulation } = require('@cloud-copilot/iam-simulate')
const policies = createRequire(require.resolve('@cloud-copilot/iam-simulate'))('@cloud-copilot/iam-policy')

// Policies are validated once, before any request: its quickest way to take them.
const validated = (document, validate, name) => policies.createValidatedPolicy(document, validate, { name })
const identity = Object.fromEntries(
  Object.entries(question.identity).map(([arn, documents]) => [
    arn,
    documents.map((document, index) => ({
      name: `${index}`,
      policy: validated(document, policies.validateIdentityPolicy, `${index}`)
    }))
  ])
)
const keys = Object.fromEntries(
  Object.entries(question.keys).map(([name, key]) => [
    name,
    { arn: key.arn, policy: validated(key.policy, policies.validateResourcePolicy, name) }
  ])
)
const simulations = question.asks.map((ask) => ({
  request: {
    principal: ask.principal,
    action: ask.action,
    resource: { resource: keys[ask.key].arn, accountId: question.account },
    contextVariables: ask.context
  },
  identityPolicies: identity[ask.principal],
  serviceControlPolicies: [],
  resourceControlPolicies: [],
  resourcePolicy: keys[ask.key].policy
}))
const answers = () => simulations.map((simulation) => runUnsafeSimulation(simulation, {}) === 'Allowed')

console.log(JSON.stringify(answers()))
while ((await next()) !== undefined) {
  const started = process.cpuUsage()
  answers()
  const { user, system } = process.cpuUsage(started)
  console.log((user + system) / 1e6)
}

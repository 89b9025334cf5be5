import { describeNodes } from '../graph/describe.ts'
import type { PhysicalPlan } from './physical-plan.ts'

/** The plan for people: the dataflow, how it is cut into tasks and stages, the guarantee, and the reason for each. */
export function explainPlan(plan: PhysicalPlan): string {
  const lines = [`pipeline ${plan.name}`, ...indent(describeNodes(plan.nodes).split('\n'))]
  lines.push(`tasks: ${plan.tasks.mode === 'single' ? 'one' : 'one per partition'} (${plan.tasks.reason})`)
  lines.push(`processes: ${plan.sharing.possible ? 'several may share the work' : 'one'} (${plan.sharing.reason})`)
  plan.stages.forEach((stage, at) => {
    lines.push(
      `stage ${at + 1}: ${stage.nodes.join(', ')}${stage.endsBecause === undefined ? '' : `; ends because ${stage.endsBecause}`}`,
    )
  })
  lines.push(`guarantee: ${plan.guarantee.level}`)
  for (const { sink, level, reason } of plan.guarantee.sinks) lines.push(`  ${sink}: ${level}, ${reason}`)
  for (const { step, reason } of plan.guarantee.calls) lines.push(`  calls of ${step}: ${reason}`)
  return lines.join('\n')
}

function indent(lines: readonly string[]): string[] {
  return lines.map(line => `  ${line}`)
}

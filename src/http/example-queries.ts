/** Queries that GraphiQL opens with; a test runs every one of them. */
export const EXAMPLE_QUERIES: readonly string[] = [
  `# SLA scores of the last 24 hours, best first, one row per orchestrator.
query Leaderboard {
  slaScores(groupBy: [ORCHESTRATOR], first: 10) {
    rangeUsed { start end bucket }
    totalCount
    edges {
      node {
        orchestratorAddress
        orchestrator { displayName uris }
        score {
          value { value nullReason sampleCount }
          isFinal
          scoringVersion
          subscores { name value { value nullReason } weight }
        }
      }
    }
  }
}
`,
  `# A score taken apart, down to the Kafka messages of its sessions. docs/walk-back.md has the way of every other number.
query WalkBack {
  slaScores(groupBy: [ORCHESTRATOR], first: 1) {
    edges {
      node {
        orchestratorAddress
        score {
          value { value nullReason }
          subscores { name of weight value { value nullReason } }
          inputs { requestedCount startupSuccessCount fpsSampleCount fpsSum }
          contributions(first: 3) {
            totalCount
            edges {
              node {
                bucketStart
                isTerminalTail
                inputs { requestedCount startupSuccessCount fpsSampleCount fpsSum }
                session {
                  sessionId
                  decisions { outcome reason sightings { event { eventId source { topic partition offset } } } }
                  events(first: 5) {
                    totalCount
                    edges { node { name at measured { outputFps } eventId source { topic partition offset } } }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
`,
  `# The newest sessions: what happened, on whose clock, and who served them.
query Sessions {
  sessions(first: 5) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges {
      node {
        id
        startedAt
        state
        startupOutcome
        pipeline
        model
        orchestrator { address displayName }
        latencies { startupMs { value unit nullReason } e2eMs { value nullReason } }
        milestones { milestone at clock ownAt }
        segments { ordinal startedAt endedAt attributionOutcome attributionMethod orchestratorAddress }
        swaps { swappedAt isExplicit reasonClass fromAddress toAddress }
      }
    }
  }
}
`,
  `# Demand of the last 24 hours by pipeline and model, beside the 24 hours before.
query Demand {
  networkDemand(groupBy: [PIPELINE, MODEL]) {
    rangeUsed { start end bucket }
    total { requestedCount startupSuccessRatio { value nullReason } }
    edges {
      node {
        pipeline
        model
        metrics { requestedCount noOrchestratorCount effectiveSuccessRatio { value nullReason } }
        previous { requestedCount }
      }
    }
  }
}
`,
  `# What was served, by orchestrator: frames, latencies and their percentiles.
query Service {
  serviceMetrics(groupBy: [ORCHESTRATOR], first: 10) {
    edges {
      node {
        orchestratorAddress
        metrics {
          serviceMinutes { value }
          averageFps { value nullReason }
          fpsJitter { value nullReason }
          e2e { p50Ms { value nullReason } p95Ms { value } p99Ms { value } }
        }
        points { start metrics { averageFps { value nullReason } } }
      }
    }
  }
}
`,
  `# Why jobs fail, most jobs first, and some of the jobs behind each reason.
query JobFailures {
  jobFailureReasons(first: 10) {
    rangeUsed { start end bucket }
    total { failureCount noOrchestratorCount llmFailedCount }
    edges {
      node {
        kind
        failureClass
        failureReason
        metrics { failureCount }
        contributions(first: 3) { totalCount edges { node { jobId at errorType error httpStatus eventId } } }
      }
    }
  }
}
`,
  `# How fresh the data are.
query Meta {
  meta {
    asOf
    lagSeconds { value nullReason }
    sources { topic partition newestEventAt lagSeconds { value nullReason } }
    attributionCoverage { outcome sessionCount share { value } }
  }
}
`,
];

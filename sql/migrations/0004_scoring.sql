-- The two formulas that everything is scored by. A change is a row with a later valid_from, never an update.
insert into config.scoring_config (scoring_version, gateway, formula, parameters, valid_from) values
  ('quality-benchmark-v1', '', 'quality-benchmark-v1', '{
    "startupSuccessWeight": 0.4, "noSwapWeight": 0.2, "outputViabilityWeight": 0.4,
    "ptffWeight": 0.6, "e2eWeight": 0.4, "latencyWeight": 0.6, "fpsWeight": 0.4,
    "reliabilityWeight": 0.7, "qualityWeight": 0.3,
    "ptffTrustSamples": 10, "e2eTrustSamples": 10, "fpsTrustSamples": 30
  }', '2000-01-01Z'),
  ('spec-v1', '', 'spec-v1', '{
    "latencyWeight": 0.4, "jitterWeight": 0.4, "reliabilityWeight": 0.2,
    "ptffShare": 0.5, "e2eShare": 0.5, "p50Share": 0.5, "p95Share": 0.5, "failureShare": 0.5, "swapShare": 0.5,
    "failureTarget": 0.01, "failureLimit": 0.1, "swapTarget": 0.05, "swapLimit": 0.25,
    "jitterTarget": 0.1, "jitterLimit": 0.5, "latencyLimitFactor": 2,
    "ptffP50TargetMs": 10000, "ptffP95TargetMs": 20000, "e2eP50TargetMs": 3000, "e2eP95TargetMs": 6000
  }', '2000-01-01Z');

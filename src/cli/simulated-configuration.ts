import type { Pool } from 'pg';
import { simulatedGatewayHost } from '../simulator/network.js';

/** A region for a gateway whose events name none; the spec dialect's gateways name their own. */
const ADD_REGION = {
  name: 'simulated-configuration/region',
  text: `insert into config.gateway (gateway, display_name, region)
values ($1, $1, 'eu-west')
on conflict (gateway) do nothing`,
};

/** Targets of the busiest model, unless somebody has configured targets. */
const ADD_TARGETS = {
  name: 'simulated-configuration/targets',
  text: `insert into config.model_target
  (pipeline, model, fps_target, e2e_p50_target_ms, e2e_p95_target_ms, ptff_p50_target_ms, ptff_p95_target_ms,
   cold_startup_target_ms, warm_startup_target_ms)
select 'live-video-to-video', 'streamdiffusion-sdxl', 12, 1500, 4000, 6000, 12000, 20000, 5000
where not exists (select from config.model_target)`,
};

/** What the operator of the simulated network would have configured; a second call changes nothing. */
export async function configureSimulatedNetwork(owner: Pool): Promise<void> {
  await owner.query({ ...ADD_REGION, values: [simulatedGatewayHost(0)] });
  await owner.query(ADD_TARGETS);
}

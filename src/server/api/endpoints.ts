/** The route table: every endpoint, by its operation id. */
import { ACCESS_ENDPOINTS } from './endpoints-access.ts';
import { DEPLOYMENT_ENDPOINTS } from './endpoints-deployments.ts';
import { SERVICE_ENDPOINTS } from './endpoints-services.ts';

export const ENDPOINTS = {
  ...ACCESS_ENDPOINTS,
  ...SERVICE_ENDPOINTS,
  ...DEPLOYMENT_ENDPOINTS,
} as const;

export type Endpoints = typeof ENDPOINTS;
export type OperationId = keyof Endpoints;
export const OPERATION_IDS = Object.keys(ENDPOINTS) as readonly OperationId[];

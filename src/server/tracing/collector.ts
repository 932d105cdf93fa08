/** Where spans go, as the variables say that all of OpenTelemetry is configured with. Pure. */

/** To whom spans are sent; or why they are not, although somebody meant them to be. */
export type Collector =
  | { readonly address: string; readonly fault: null }
  | { readonly address: null; readonly fault: string };

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'] as const;

/** `null` where nobody is to be sent any. */
export function collectorOf(environment: NodeJS.ProcessEnv): Collector | null {
  const { OTEL_SDK_DISABLED: disabled = '', OTEL_TRACES_EXPORTER: exporter } = environment;
  if (disabled.trim().toLowerCase() === 'true') return null;
  if (exporter !== undefined && exporter.trim() !== '' && !/\botlp\b/.test(exporter)) return null;
  const name = ENDPOINTS.find((one) => isSet(environment[one]));
  if (name === undefined) return null;
  const text = environment[name] ?? '';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    // Not the value: it may have a password in it.
    return { address: null, fault: `${name} is not an http or https URL` };
  }
  const protocol = PROTOCOLS.find((one) => isSet(environment[one]));
  const wanted = protocol === undefined ? '' : (environment[protocol] ?? '').trim();
  if (wanted === 'grpc') {
    return { address: null, fault: `${protocol} is grpc, and spans are sent as http/json only` };
  }
  return { address: url.host, fault: null };
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '';
}

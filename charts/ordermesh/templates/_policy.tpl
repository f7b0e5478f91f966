{{/* The rules of network policies. Arguments: dict root, services, name, service (empty for who is no service). */}}

{{/* Ports of a service by number. Argument: dict service, ports (names). */}}
{{- define "ordermesh.policyPorts" -}}
ports:
  {{- range .ports }}
  - {protocol: TCP, port: {{ (get $.service.ports .).port }}}
  {{- end }}
{{- end -}}

{{- define "ordermesh.ingressRules" -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- range $caller, $ports := .service.callers }}
{{- if $ports }}
- from:
    - podSelector:
        matchLabels:
          {{- include "ordermesh.selector" (dict "root" $.root "component" $caller) | nindent 10 }}
  {{- include "ordermesh.policyPorts" (dict "service" $.service "ports" $ports) | nindent 2 }}
{{- end }}
{{- end }}
{{- if and $policy.monitoring (get (.service.ports | default dict) "metrics") }}
- from:
    {{- toYaml $policy.monitoring | nindent 4 }}
  {{- include "ordermesh.policyPorts" (dict "service" .service "ports" (list "metrics")) | nindent 2 }}
{{- end }}
{{- range $port, $settings := .service.ports }}
{{- if and $settings.port (or $settings.open $settings.from) }}
- {{ include "ordermesh.policyPorts" (dict "service" $.service "ports" (list $port)) | nindent 2 | trim }}
  {{- if not $settings.open }}
  from:
    {{- toYaml $settings.from | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "ordermesh.egressRules" -}}
{{- $policy := .root.Values.networkPolicy -}}
- to:
    - {{ pick $policy.dns "namespaceSelector" "podSelector" | toYaml | nindent 6 | trim }}
  ports:
    {{- range $policy.dns.ports }}
    - {protocol: UDP, port: {{ . }}}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- range $callee, $settings := .services }}
{{- with get $settings.callers $.name }}
- to:
    - podSelector:
        matchLabels:
          {{- include "ordermesh.selector" (dict "root" $.root "component" $callee) | nindent 10 }}
  {{- include "ordermesh.policyPorts" (dict "service" $settings "ports" .) | nindent 2 }}
{{- end }}
{{- end }}
{{- if eq .name "certificates" }}
- to:
    {{- range $policy.apiServer.cidrs }}
    - ipBlock: {cidr: {{ . | quote }}}
    {{- end }}
  ports:
    {{- range $policy.apiServer.ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}
{{- /* Backups are written by the one, and read by a volume's init container. */}}
{{- if or (eq .name "backup") (and .root.Values.restore.from (.service.persistence | default dict).enabled) }}
{{- with .root.Values.backup.egress }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- with .service.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end -}}

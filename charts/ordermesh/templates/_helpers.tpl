{{/* Names, labels and the merged map of services. Nothing here or in any template knows a service by its name. */}}

{{- define "ordermesh.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 40 characters, so that every name made from it fits into a label. */}}
{{- define "ordermesh.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* What selects the pods of a component; never changes. Argument: dict root, component. */}}
{{- define "ordermesh.selector" -}}
app.kubernetes.io/name: {{ include "ordermesh.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* Labels of an object. Argument: dict root, component (may be missing). */}}
{{- define "ordermesh.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{ include "ordermesh.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: ordermesh
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Metadata of an object. Argument: dict root, name, component and annotations (both may be missing). */}}
{{- define "ordermesh.metadata" -}}
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "ordermesh.labels" . | nindent 4 }}
  {{- with merge dict (.annotations | default dict) .root.Values.commonAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* The enabled services as JSON: the defaults with what each one says otherwise, and `component`, its name. */}}
{{- define "ordermesh.services" -}}
{{- $services := dict -}}
{{- range $name, $own := .Values.services -}}
{{- $own := mergeOverwrite (deepCopy ($own | default dict)) (dict "component" $name) -}}
{{- $service := mergeOverwrite (deepCopy $.Values.defaults) $own -}}
{{- if $service.enabled -}}
{{- $_ := set $services $name $service -}}
{{- end -}}
{{- end -}}
{{- toJson $services -}}
{{- end -}}

{{/* The service that is reached from outside, as JSON. */}}
{{- define "ordermesh.edge" -}}
{{- $services := include "ordermesh.services" . | fromJson -}}
{{- get $services .Values.edge.service | required "edge.service names no enabled service" | toJson -}}
{{- end -}}

{{/* The name of a Kubernetes Service. Argument: dict root, component, endpoint. */}}
{{- define "ordermesh.endpoint" -}}
{{- include "ordermesh.fullname" .root }}-{{ .component }}{{ if ne .endpoint "main" }}-{{ .endpoint }}{{ end -}}
{{- end -}}

{{/*
Where a service's own protocol is spoken, for gRPC. Argument: dict root, services, target (`service` or `service.endpoint`).
*/}}
{{- define "ordermesh.address" -}}
{{- $parts := splitList "." .target -}}
{{- $component := first $parts -}}
{{- $service := get .services $component | required (printf "there is no service %q to be an address" $component) -}}
{{- $endpoint := index (append $parts "main") 1 -}}
{{- $missing := printf "the service %q has no endpoint %q" $component $endpoint -}}
{{- $_ := get $service.endpoints $endpoint | required $missing -}}
{{- $host := include "ordermesh.endpoint" (dict "root" .root "component" $component "endpoint" $endpoint) -}}
dns:///{{ $host }}.{{ .root.Release.Namespace }}.svc:{{ $service.ports.mesh.port }}
{{- end -}}

{{/* An image. Argument: dict root, component, image (a service's own settings; may be missing). */}}
{{- define "ordermesh.image" -}}
{{- $common := .root.Values.image -}}
{{- $own := .image | default dict -}}
{{- $repository := $own.repository | default (printf "%s/%s" $common.repository .component) -}}
{{- if not $own.repository -}}
{{- with $common.registry }}{{ . }}/{{ end -}}
{{- end -}}
{{- $repository -}}
{{- $tag := $own.tag | default $common.tag | default .root.Chart.AppVersion -}}
{{- /* One service's own tag is asked for; the digests were of the common one. */}}
{{- $digest := $own.digest | default (ternary "" (get $common.digests .component) (ne ($own.tag | default "") "")) -}}
{{- if $digest }}@{{ $digest }}{{ else }}:{{ $tag }}{{ end -}}
{{- end -}}

{{/* The Secret of a certificate. Argument: dict root, component, secret (another name; may be missing). */}}
{{- define "ordermesh.tlsSecret" -}}
{{- .secret | default (printf "%s-%s-tls" (include "ordermesh.fullname" .root) .component) -}}
{{- end -}}

{{- define "ordermesh.secretsName" -}}
{{- .Values.secrets.existingSecret | default (printf "%s-secrets" (include "ordermesh.fullname" .)) -}}
{{- end -}}

{{/* Names that get a certificate, separated by commas. */}}
{{- define "ordermesh.identities" -}}
{{- $services := include "ordermesh.services" . | fromJson -}}
{{- concat (keys $services) .Values.certificates.clients | uniq | sortAlpha | join "," -}}
{{- end -}}

{{/* Whether the chart's own job has anything to make: true or empty. */}}
{{- define "ordermesh.makesSecrets" -}}
{{- if not (or .Values.secrets.existingSecret .Values.secrets.externalSecret.enabled) }}true{{ end -}}
{{- end -}}

{{/* Pods' security: the Pod Security Standard "restricted", and more. */}}
{{- define "ordermesh.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "ordermesh.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Mounts and volumes of a certificate, the same for every pod. Argument: dict root, component, secret. */}}
{{- define "ordermesh.tlsMount" -}}
- name: tls
  mountPath: /tls
  readOnly: true
{{- end -}}
{{- define "ordermesh.tlsVolume" -}}
- name: tls
  secret:
    secretName: {{ include "ordermesh.tlsSecret" . }}
    defaultMode: 0440
{{- end -}}

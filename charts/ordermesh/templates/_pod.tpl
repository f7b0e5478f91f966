{{/* The pod of a service, for every kind of workload. Arguments everywhere: dict root, services, name, service. */}}

{{/* All settings as JSON, from environment variable to value. */}}
{{- define "ordermesh.settings" -}}
{{- $settings := dict
  "ORDERMESH_TLS_CERT" "/tls/tls.crt" "ORDERMESH_TLS_KEY" "/tls/tls.key" "ORDERMESH_TLS_CA" "/tls/ca.crt"
  "ORDERMESH_TRUST_DOMAIN" .root.Values.trustDomain
  "ORDERMESH_LOG_LEVEL" .root.Values.logLevel
  "ORDERMESH_DRAIN_SECONDS" (.service.drainSeconds | toString) -}}
{{- range $port := .service.ports -}}
{{- if $port.port -}}
{{- $_ := set $settings $port.listen (printf "0.0.0.0:%v" $port.port) -}}
{{- end -}}
{{- end -}}
{{- range $setting, $target := .service.addresses -}}
{{- $context := merge (dict "target" $target) (pick $ "root" "services") -}}
{{- $_ := set $settings $setting (include "ordermesh.address" $context) -}}
{{- end -}}
{{- with .service.seed -}}
{{- if and .env (ne .source "none") -}}
{{- $_ := set $settings .env (ternary "/seed" .path (eq .source "configMap")) -}}
{{- end -}}
{{- end -}}
{{- if .service.edgeTlsSecret -}}
{{- $_ := set $settings "ORDERMESH_EDGE_TLS_CERT" "/edge-tls/tls.crt" -}}
{{- $_ := set $settings "ORDERMESH_EDGE_TLS_KEY" "/edge-tls/tls.key" -}}
{{- end -}}
{{- range $setting, $value := .service.env -}}
{{- $_ := set $settings $setting ($value | toString) -}}
{{- end -}}
{{- /* Empty: the program's own default. */}}
{{- range $setting, $value := $settings -}}
{{- if eq $value "" }}{{ $_ := unset $settings $setting }}{{ end -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}

{{- define "ordermesh.volumeMounts" -}}
{{ include "ordermesh.tlsMount" . }}
{{- if .service.secrets }}
- name: secrets
  mountPath: /secrets
  readOnly: true
{{- end }}
{{- if .service.edgeTlsSecret }}
- name: edge-tls
  mountPath: /edge-tls
  readOnly: true
{{- end }}
{{- if .service.persistence.enabled }}
- name: data
  mountPath: /data
{{- end }}
{{- if .service.scratch.enabled }}
- name: scratch
  mountPath: /var/lib/ordermesh
{{- end }}
{{- if and .service.seed.env (eq .service.seed.source "configMap") }}
- name: seed
  mountPath: /seed
  readOnly: true
{{- end }}
{{- with .service.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ordermesh.volumes" -}}
{{ include "ordermesh.tlsVolume" (dict "root" .root "component" .name "secret" .service.tlsSecret) }}
{{- with .service.secrets }}
{{- if $.service.compatibility }}
- name: secrets
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- end }}
- name: {{ ternary "secrets-source" "secrets" (ne $.service.compatibility "") }}
  secret:
    secretName: {{ include "ordermesh.secretsName" $.root }}
    defaultMode: 0440
    items:
      {{- range . }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end }}
{{- with .service.edgeTlsSecret }}
- name: edge-tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- if .service.scratch.enabled }}
- name: scratch
  emptyDir:
    sizeLimit: {{ .service.scratch.sizeLimit }}
{{- end }}
{{- if and .service.seed.env (eq .service.seed.source "configMap") }}
- name: seed
  configMap:
    name: {{ .service.seed.configMap | required "seed.configMap is needed where seed.source is configMap" }}
    {{- with .service.seed.items }}
    items:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
{{- if and .root.Values.restore.from .service.persistence.enabled .root.Values.backup.existingClaim }}
- name: backups
  persistentVolumeClaim:
    claimName: {{ .root.Values.backup.existingClaim }}
    readOnly: true
{{- end }}
{{- with .service.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Fills an empty volume from a backup, before anything else. */}}
{{- define "ordermesh.restore" -}}
- name: restore
  image: {{ include "ordermesh.image" (dict "root" .root "component" "tools") }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command: [/app/ordermesh-backup]
  args:
    - restore
    - --from
    - {{ .root.Values.restore.from | quote }}
    - --store
    - {{ .name }}
    - --id
    - {{ .root.Values.restore.id | quote }}
    - --data
    - /data
  {{- include "ordermesh.backupEnv" .root | nindent 2 }}
  resources:
    {{- toYaml .root.Values.backup.resources | nindent 4 }}
  securityContext:
    {{- include "ordermesh.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - name: data
      mountPath: /data
    {{- if .root.Values.backup.existingClaim }}
    - name: backups
      mountPath: /backups
      readOnly: true
    {{- end }}
{{- end -}}

{{/* Copies of secrets that belong to the program's own user: images before 0.5.0 take no others. */}}
{{- define "ordermesh.copySecrets" -}}
- name: secrets
  image: {{ include "ordermesh.image" (dict "root" .root "component" "tools") }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command: [/app/ordermesh-certs]
  args: [copy, --from=/secrets-source, --to=/secrets]
  resources:
    {{- toYaml .root.Values.certificates.resources | nindent 4 }}
  securityContext:
    {{- include "ordermesh.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - name: secrets-source
      mountPath: /secrets-source
      readOnly: true
    - name: secrets
      mountPath: /secrets
{{- end -}}

{{/* What gives access to the storage of backups. Argument: the root. */}}
{{- define "ordermesh.backupEnv" -}}
{{- with .Values.backup.envSecret -}}
envFrom:
  - secretRef:
      name: {{ . }}
{{- end }}
{{- with .Values.backup.extraEnv }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "ordermesh.probe" -}}
grpc:
  port: {{ .service.ports.admin.port }}
{{ toYaml .probe }}
{{- end -}}

{{- define "ordermesh.container" -}}
{{- $settings := include "ordermesh.settings" . | fromJson -}}
{{- $flags := ne .service.compatibility "" -}}
{{- $args := list -}}
{{- if $flags -}}
{{- range $setting, $value := $settings -}}
{{- if hasPrefix "ORDERMESH_" $setting -}}
{{- $args = append $args (printf "--%s=%s" (trimPrefix "ORDERMESH_" $setting | lower) $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $args = concat $args .service.args .service.extraArgs -}}
- name: {{ .name }}
  image: {{ include "ordermesh.image" (dict "root" .root "component" .name "image" .service.image) }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  {{- with $args }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  env:
    {{- range $setting, $value := $settings }}
    {{- if not (and $flags (hasPrefix "ORDERMESH_" $setting)) }}
    - name: {{ $setting }}
      value: {{ $value | quote }}
    {{- end }}
    {{- end }}
    {{- with .service.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    {{- range $port, $settings := .service.ports }}
    {{- if $settings.port }}
    - name: {{ $port }}
      containerPort: {{ $settings.port }}
      protocol: TCP
    {{- end }}
    {{- end }}
  {{- range $kind, $probe := .service.probes }}
  {{ $kind }}Probe:
    {{- include "ordermesh.probe" (dict "service" $.service "probe" $probe) | nindent 4 }}
  {{- end }}
  {{- /* The images have no shell to sleep with; before 1.30 the drain alone has to do. */}}
  {{- if and .service.preStopSeconds (semverCompare ">=1.30-0" .root.Capabilities.KubeVersion.Version) }}
  lifecycle:
    preStop:
      sleep:
        seconds: {{ .service.preStopSeconds }}
  {{- end }}
  resources:
    {{- toYaml .service.resources | nindent 4 }}
  securityContext:
    {{- include "ordermesh.containerSecurity" . | nindent 4 }}
  volumeMounts:
    {{- include "ordermesh.volumeMounts" . | nindent 4 }}
{{- end -}}

{{- define "ordermesh.spread" -}}
{{- $selector := include "ordermesh.selector" (dict "root" .root "component" .name) -}}
{{- $spread := .service.topologySpread -}}
{{- range $key, $what := dict "kubernetes.io/hostname" $spread.hostname "topology.kubernetes.io/zone" $spread.zone }}
{{- if $what }}
- topologyKey: {{ $key }}
  maxSkew: 1
  whenUnsatisfiable: {{ $what }}
  {{- if and $spread.minZones (eq $what "DoNotSchedule") (hasSuffix "/zone" $key) }}
  minDomains: {{ $spread.minZones }}
  {{- end }}
  {{- /* Each version of the pods is spread for itself, or a rolling upgrade would end lopsided. */}}
  {{- if eq $.service.kind "Deployment" }}
  matchLabelKeys: [pod-template-hash]
  {{- end }}
  labelSelector:
    matchLabels:
      {{- $selector | nindent 6 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The pod template of a workload. */}}
{{- define "ordermesh.pod" -}}
{{- $restores := and .root.Values.restore.from .service.persistence.enabled -}}
{{- $copies := and .service.compatibility .service.secrets -}}
metadata:
  labels:
    {{- /* No version: a new chart whose pods are the same starts none of them anew. */}}
    {{- include "ordermesh.selector" (dict "root" .root "component" .name) | nindent 4 }}
    app.kubernetes.io/part-of: ordermesh
    {{- with .root.Values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with .service.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: {{ .name }}
    {{- /* Settings are part of this template, and certificates are read again as they change. Secrets are read once: a
           change of what is named here starts their readers anew. */}}
    {{- if .service.secrets }}
    {{- $read := dict "name" (include "ordermesh.secretsName" .root) "revision" .root.Values.secrets.revision }}
    checksum/secrets: {{ $read | toJson | sha256sum }}
    {{- end }}
    {{- with .service.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "ordermesh.fullname" .root }}-{{ .name }}
  automountServiceAccountToken: false
  # Kubernetes would set ORDERMESH_..._PORT for every Service, which our programs would take for settings.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ add .service.preStopSeconds .service.drainSeconds 10 }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with .service.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    {{- include "ordermesh.podSecurity" . | nindent 4 }}
  {{- if or $restores $copies .service.initContainers }}
  initContainers:
    {{- if $copies }}
    {{- include "ordermesh.copySecrets" . | nindent 4 }}
    {{- end }}
    {{- if $restores }}
    {{- include "ordermesh.restore" . | nindent 4 }}
    {{- end }}
    {{- with .service.initContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  containers:
    {{- include "ordermesh.container" . | nindent 4 }}
  volumes:
    {{- include "ordermesh.volumes" . | nindent 4 }}
  {{- with include "ordermesh.spread" . }}
  topologySpreadConstraints:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with .service.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .service.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .service.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

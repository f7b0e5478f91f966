{{/*
The job that makes certificates and secrets. It runs as a hook, before anything that needs them, with an account that is
removed after it; the one that rotates has an account of its own, part of the release.
*/}}

{{/* Accounts that the jobs need, as JSON: name and annotations. */}}
{{- define "ordermesh.jobAccounts" -}}
{{- $fullname := include "ordermesh.fullname" . -}}
{{- $issues := eq .Values.certificates.mode "chart" -}}
{{- $accounts := list -}}
{{- if or $issues (include "ordermesh.makesSecrets" .) -}}
{{- $hook := include "ordermesh.hook" "-10" | fromYaml -}}
{{- $accounts = append $accounts (dict "name" (printf "%s-setup" $fullname) "annotations" $hook) -}}
{{- end -}}
{{- if $issues -}}
{{- $accounts = append $accounts (dict "name" (printf "%s-rotation" $fullname) "annotations" dict) -}}
{{- end -}}
{{- toJson $accounts -}}
{{- end -}}

{{/* Annotations of a hook before install and upgrade. Argument: its weight. */}}
{{- define "ordermesh.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* The pod of such a job. Argument: dict root, account, rotate (may be missing), secrets (makes those too). */}}
{{- define "ordermesh.certificatesPod" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "ordermesh.selector" (dict "root" $root "component" "certificates") | nindent 4 }}
    app.kubernetes.io/part-of: ordermesh
spec:
  serviceAccountName: {{ .account }}
  automountServiceAccountToken: true
  enableServiceLinks: false
  restartPolicy: OnFailure
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  securityContext:
    {{- include "ordermesh.podSecurity" . | nindent 4 }}
  containers:
    {{- if eq $root.Values.certificates.mode "chart" }}
    - name: certificates
      {{- include "ordermesh.certificatesContainer" . | nindent 6 }}
      args:
        - issue
        - --namespace={{ $root.Release.Namespace }}
        - --prefix={{ include "ordermesh.fullname" $root }}
        - --services={{ include "ordermesh.identities" $root }}
        - --trust_domain={{ $root.Values.trustDomain }}
        {{- with .rotate }}
        - --rotate={{ . }}
        {{- end }}
    {{- end }}
    {{- if .secrets }}
    - name: secrets
      {{- include "ordermesh.certificatesContainer" . | nindent 6 }}
      args:
        - secrets
        - --namespace={{ $root.Release.Namespace }}
        - --name={{ include "ordermesh.secretsName" $root }}
    {{- end }}
{{- end -}}

{{- define "ordermesh.certificatesContainer" -}}
image: {{ include "ordermesh.image" (dict "root" .root "component" "tools") }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
command: [/app/ordermesh-certs]
resources:
  {{- toYaml .root.Values.certificates.resources | nindent 2 }}
securityContext:
  {{- include "ordermesh.containerSecurity" . | nindent 2 }}
{{- end -}}

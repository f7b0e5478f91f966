{{/* The pod of a job that does something to backups. Arguments: root, args. */}}
{{- define "ordermesh.backupPod" -}}
metadata:
  labels:
    {{- include "ordermesh.selector" (dict "root" .root "component" "backup") | nindent 4 }}
    app.kubernetes.io/part-of: ordermesh
spec:
  serviceAccountName: {{ include "ordermesh.fullname" .root }}-backup
  automountServiceAccountToken: false
  enableServiceLinks: false
  restartPolicy: OnFailure
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  securityContext:
    {{- include "ordermesh.podSecurity" . | nindent 4 }}
  containers:
    - name: backup
      image: {{ include "ordermesh.image" (dict "root" .root "component" "tools") }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      command: [/app/ordermesh-backup]
      args:
        {{- toYaml .args | nindent 8 }}
      {{- include "ordermesh.backupEnv" .root | nindent 6 }}
      resources:
        {{- toYaml .root.Values.backup.resources | nindent 8 }}
      securityContext:
        {{- include "ordermesh.containerSecurity" . | nindent 8 }}
      volumeMounts:
        {{- include "ordermesh.tlsMount" . | nindent 8 }}
        {{- if .root.Values.backup.existingClaim }}
        - name: backups
          mountPath: /backups
        {{- end }}
        - name: scratch
          mountPath: /tmp
  volumes:
    {{- include "ordermesh.tlsVolume" (dict "root" .root "component" "backup") | nindent 4 }}
    {{- with .root.Values.backup.existingClaim }}
    - name: backups
      persistentVolumeClaim:
        claimName: {{ . }}
    {{- end }}
    - name: scratch
      emptyDir:
        sizeLimit: 1Gi
{{- end -}}

{{/* What several templates say. */}}

{{- define "kyc-gateway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "kyc-gateway.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride }}
{{- else if contains (include "kyc-gateway.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "kyc-gateway.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "kyc-gateway.selector" -}}
app.kubernetes.io/name: {{ include "kyc-gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end }}

{{- define "kyc-gateway.labels" -}}
app.kubernetes.io/name: {{ include "kyc-gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "kyc-gateway.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "kyc-gateway.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "kyc-gateway.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{/* The same for gateways and for the migration: what they may do. */}}
{{- define "kyc-gateway.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "kyc-gateway.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Plain settings. */}}
{{- define "kyc-gateway.settings" -}}
{{- range $name, $value := .Values.settings }}
{{- /* Helm takes numbers for fractions, and would write large ones as 1e+06. */}}
{{ $name }}: {{ ternary ($value | int64) $value (kindIs "float64" $value) | toString | quote }}
{{- end }}
HOST: "0.0.0.0"
PORT: "4000"
SETTINGS_DIR: /etc/kyc-gateway/settings
NODE_OPTIONS: {{ .Values.nodeOptions | quote }}
{{- end }}

{{/* Secrets by their names, in one folder. */}}
{{- define "kyc-gateway.secretsVolume" -}}
name: settings
projected:
  # 0440: for the group of the gateway.
  defaultMode: 288
  sources:
    {{- range .Values.existingSecrets }}
    - secret:
        name: {{ . }}
    {{- end }}
{{- end }}

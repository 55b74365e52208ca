{{/* Name of all objects. */}}
{{- define "purreal.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* By which the operator's pod is found. */}}
{{- define "purreal.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ quote .Release.Name }}
{{- end -}}

{{/* By which the shared database's pod is found. */}}
{{- define "purreal.surrealdb.selector" -}}
app.kubernetes.io/name: surrealdb
app.kubernetes.io/instance: {{ quote .Release.Name }}
{{- end -}}

{{/*
Metadata of an object, indented by two: (list $ name more), where `more` may have `namespace` (empty: of the
cluster; absent: the release's), `selector` (absent: the operator's), `labels` and `annotations`.
*/}}
{{- define "purreal.metadata" -}}
{{- $top := index . 0 -}}
{{- $more := index . 2 -}}
{{- $own := default (include "purreal.selector" $top) $more.selector | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/version" $top.Chart.AppVersion -}}
{{- $_ := set $own "app.kubernetes.io/part-of" "purreal" -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" $top.Release.Service -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" $top.Chart.Name $top.Chart.Version | replace "+" "_") -}}
{{- $namespace := $top.Release.Namespace -}}
{{- if hasKey $more "namespace" -}}
{{- $namespace = $more.namespace -}}
{{- end }}
  name: {{ index . 1 }}
  {{- with $namespace }}
  namespace: {{ quote . }}
  {{- end }}
  labels:
    {{- mergeOverwrite (dict) $top.Values.commonLabels (default dict $more.labels) $own | toYaml | nindent 4 }}
  {{- with mergeOverwrite (dict) $top.Values.commonAnnotations (default dict $more.annotations) }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Metadata of a pod's template, indented by six: (list $ selector labels annotations). */}}
{{- define "purreal.podMetadata" -}}
{{- $top := index . 0 }}
      labels:
        {{- mergeOverwrite (dict) $top.Values.commonLabels (index . 2) (index . 1 | fromYaml) | toYaml | nindent 8 }}
      {{- with mergeOverwrite (dict) $top.Values.commonAnnotations (index . 3) }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{/* Names of Secrets to pull with, indented by six. */}}
{{- define "purreal.pullSecrets" -}}
{{- with . }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ quote . }}
        {{- end }}
{{- end }}
{{- end -}}

{{/* Where a pod runs, indented by six; takes the values that have the settings. */}}
{{- define "purreal.placement" -}}
{{- range $key := list "nodeSelector" "affinity" "tolerations" "topologySpreadConstraints" }}
{{- with index $ $key }}
      {{ $key }}:
        {{- toYaml . | nindent 8 }}
{{- end }}
{{- end }}
{{- with .priorityClassName }}
      priorityClassName: {{ quote . }}
{{- end }}
{{- end -}}

{{/* A whole image name: (list image defaultTag). */}}
{{- define "purreal.imageOf" -}}
{{- $image := index . 0 -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default (index . 1) $image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "purreal.image" -}}
{{- include "purreal.imageOf" (list .Values.image .Chart.AppVersion) -}}
{{- end -}}

{{- define "purreal.surrealdb.image" -}}
{{- include "purreal.imageOf" (list .Values.surrealdb.image "") -}}
{{- end -}}

{{- define "purreal.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "purreal.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.create is false: name one that exists in serviceAccount.name" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "purreal.surrealdb.name" -}}
{{- include "purreal.fullname" . }}-surrealdb
{{- end -}}

{{- define "purreal.surrealdb.secret" -}}
{{- default (include "purreal.surrealdb.name" .) .Values.surrealdb.auth.existingSecret -}}
{{- end -}}

{{/* Where `helm test` runs its load test: the operator must watch the namespace. */}}
{{- define "purreal.smokeTest.namespace" -}}
{{- if or (empty .Values.watchNamespaces) (has .Release.Namespace .Values.watchNamespaces) -}}
{{- .Release.Namespace -}}
{{- else -}}
{{- first .Values.watchNamespaces -}}
{{- end -}}
{{- end -}}

{{/* Peers of a NetworkPolicy: pods of tests in all namespaces that are watched: (list $ labels). */}}
{{- define "purreal.podsOfTests" -}}
{{- $top := index . 0 -}}
- namespaceSelector:
    {{- with $top.Values.watchNamespaces }}
    matchExpressions:
      - key: kubernetes.io/metadata.name
        operator: In
        values: {{ toJson . }}
    {{- else }} {}
    {{- end }}
  podSelector:
    matchLabels:
      {{- index . 1 | toYaml | nindent 6 }}
{{- end -}}

{{/* Everything the operator may do in a namespace that it watches. */}}
{{- define "purreal.rules" -}}
- apiGroups: [purreal.dev]
  resources: [poolloadtests]
  verbs: [get, list, watch, delete] # delete: by the test's own retention
- apiGroups: [purreal.dev]
  resources: [poolloadtests/status]
  verbs: [patch]
- apiGroups: [batch]
  resources: [jobs] # the runners
  verbs: [create, get]
- apiGroups: [apps]
  resources: [statefulsets] # an ephemeral target; one that exists is only read
  verbs: [create, get]
- apiGroups: [""]
  resources: [services] # of an ephemeral target; read: whose an existing one of that name is
  verbs: [create, get]
- apiGroups: [""]
  resources: [secrets] # tokens and credentials of a run: written once, never read
  verbs: [create]
- apiGroups: [""]
  resources: [configmaps] # the plan, the parts and the report of a run
  verbs: [create, get, delete]
- apiGroups: [""]
  resources: [pods] # of runners and targets: why they do not start, restart or end
  verbs: [list]
- apiGroups: [""]
  resources: [pods/log] # the tail of a failed runner's and target's log goes into the report
  verbs: [get]
- apiGroups: [""]
  resources: [events] # told about tests; read: why a Job or StatefulSet makes no pods
  verbs: [create, list]
{{- end -}}

{{- define "purreal.subject" -}}
- kind: ServiceAccount
  name: {{ include "purreal.serviceAccount" . }}
  namespace: {{ quote .Release.Namespace }}
{{- end -}}

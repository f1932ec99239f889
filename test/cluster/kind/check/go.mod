// The path lies below kind's own pkg folder because kind's parser is an internal package: Go lets only such a path in.
module sigs.k8s.io/kind/pkg/check

go 1.24.0

require sigs.k8s.io/kind v0.33.0

require (
	github.com/pkg/errors v0.9.1 // indirect
	go.yaml.in/yaml/v3 v3.0.4 // indirect
)

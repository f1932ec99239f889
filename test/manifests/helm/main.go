// Renders a Helm chart as "helm template" does, with Helm's own packages: a chart's folder, values as
// JSON, and the version of Kubernetes.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

func main() {
	if err := render(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func render(folder string, values string, kubernetes string) error {
	chart, err := loader.Load(folder)
	if err != nil {
		return err
	}
	var given map[string]interface{}
	if err := json.Unmarshal([]byte(values), &given); err != nil {
		return err
	}
	release := chartutil.ReleaseOptions{Name: "waylay", Namespace: "default", Revision: 1, IsInstall: true}
	capabilities := chartutil.DefaultCapabilities.Copy()
	version, err := chartutil.ParseKubeVersion(kubernetes)
	if err != nil {
		return err
	}
	capabilities.KubeVersion = *version
	all, err := chartutil.ToRenderValues(chart, given, release, capabilities)
	if err != nil {
		return err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Printf("---\n# Source: %s\n%s\n", name, files[name])
	}
	return nil
}

// Command eksctl-check reads eksctl cluster files as eksctl does, without an AWS account: strictly (an unknown key is
// refused), against eksctl's own JSON schema, with its defaults and its validation of clusters, add-ons and node
// groups. What only AWS can tell (instance types of a region, quotas, ARNs that exist) is not looked at.
//
// usage: eksctl-check FILE...
//
// It prints one line a file and exits with 1 where one is refused.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	eksctl "github.com/weaveworks/eksctl/pkg/apis/eksctl.io/v1alpha5"
	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: eksctl-check FILE...")
		os.Exit(2)
	}
	failed := false
	for _, name := range os.Args[1:] {
		if err := checkFile(name); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			failed = true
			continue
		}
		fmt.Printf("%s: a cluster that eksctl accepts\n", name)
	}
	if failed {
		os.Exit(1)
	}
}

func checkFile(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := checkSchema(text); err != nil {
		return err
	}
	config := eksctl.NewClusterConfig()
	// A second document would be ignored by eksctl without a word; the strict reader refuses it.
	if err := yaml.UnmarshalStrict(text, config); err != nil {
		return err
	}
	if config.APIVersion != "eksctl.io/v1alpha5" || config.Kind != eksctl.ClusterConfigKind {
		return fmt.Errorf("%s %s is not a ClusterConfig of eksctl.io/v1alpha5", config.APIVersion, config.Kind)
	}
	if config.Metadata == nil || config.Metadata.Name == "" || config.Metadata.Region == "" {
		return errors.New("metadata.name and metadata.region must be set")
	}
	return validate(config)
}

// checkSchema holds the text against the JSON schema that eksctl publishes: it also knows the values of enumerations.
func checkSchema(text []byte) error {
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(eksctl.SchemaJSON))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("eksctl.json", schema); err != nil {
		return err
	}
	compiled, err := compiler.Compile("eksctl.json")
	if err != nil {
		return err
	}
	asJSON, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(asJSON)))
	if err != nil {
		return err
	}
	return compiled.Validate(document)
}

// validate does what `eksctl create cluster -f` does before its first call to AWS.
func validate(config *eksctl.ClusterConfig) error {
	if config.VPC == nil {
		config.VPC = eksctl.NewClusterVPC(false)
	}
	eksctl.SetClusterEndpointAccessDefaults(config.VPC)
	eksctl.SetClusterConfigDefaults(config)
	for _, addon := range config.Addons {
		if err := addon.Validate(); err != nil {
			return err
		}
	}
	for _, check := range []func() error{
		func() error { return eksctl.ValidateClusterConfig(config) },
		config.ValidateVPCConfig,
		config.ValidateClusterEndpointConfig,
		config.ValidatePrivateCluster,
		func() error { return eksctl.ValidateSecretsEncryption(config) },
		func() error { return validateForAWS(config) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	for index, group := range config.ManagedNodeGroups {
		if err := eksctl.SetManagedNodeGroupDefaults(group, config.Metadata, false); err != nil {
			return err
		}
		if err := eksctl.ValidateManagedNodeGroup(index, group); err != nil {
			return err
		}
	}
	return nil
}

// validateForAWS looks at what eksctl leaves to its commands and to the EKS API.
func validateForAWS(config *eksctl.ClusterConfig) error {
	known := []string{eksctl.Version1_31, eksctl.Version1_32, eksctl.Version1_33, eksctl.Version1_34, eksctl.Version1_35}
	if !slices.Contains(known, config.Metadata.Version) {
		return fmt.Errorf("metadata.version: %q is none of %v", config.Metadata.Version, known)
	}
	if mode := config.AccessConfig.AuthenticationMode; !slices.Contains(mode.Values(), mode) {
		return fmt.Errorf("accessConfig.authenticationMode: %q is none of %v", mode, mode.Values())
	}
	isAgent := func(addon *eksctl.Addon) bool { return addon.Name == eksctl.PodIdentityAgentAddon }
	if len(config.IAM.PodIdentityAssociations) > 0 && !slices.ContainsFunc(config.Addons, isAgent) {
		return fmt.Errorf("iam.podIdentityAssociations: need the add-on %s", eksctl.PodIdentityAgentAddon)
	}
	for index, one := range config.IAM.PodIdentityAssociations {
		made := len(one.PermissionPolicy) > 0 || len(one.PermissionPolicyARNs) > 0 || one.WellKnownPolicies.HasPolicy()
		if one.Namespace == "" || one.ServiceAccountName == "" || made == (one.RoleARN != "") {
			return fmt.Errorf(
				"iam.podIdentityAssociations[%d]: needs namespace, serviceAccountName, and either roleARN or policies", index)
		}
	}
	return nil
}

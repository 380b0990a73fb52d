"""Names of the models that NEST 3.10.0 has, in the order of their ids.

The id of a synapse model decides the order of delivery and of GetConnections. A name that is here and not
in the registry is a model that jaxnest does not have yet.
"""

from __future__ import annotations

NODE_MODELS: tuple[str, ...] = tuple(
    """
    ac_generator dc_generator gamma_sup_generator mip_generator
    noise_generator inhomogeneous_poisson_generator poisson_generator poisson_generator_ps
    ppd_sup_generator pulsepacket_generator sinusoidal_poisson_generator spike_generator
    step_current_generator step_rate_generator sinusoidal_gamma_generator aeif_cond_alpha
    aeif_cond_alpha_astro aeif_cond_alpha_multisynapse aeif_cond_beta_multisynapse aeif_cond_exp
    aeif_psc_alpha aeif_psc_exp aeif_psc_delta gif_cond_exp
    gif_cond_exp_multisynapse glif_cond hh_cond_exp_traub hh_cond_beta_gap_traub
    hh_psc_alpha hh_psc_alpha_gap ht_neuron iaf_chxk_2008
    iaf_cond_alpha iaf_cond_alpha_mc iaf_cond_beta iaf_cond_exp
    iaf_cond_exp_sfa_rr iaf_bw_2001_exact siegert_neuron amat2_psc_exp
    cm_default eprop_iaf_bsshslm_2020 eprop_iaf_adapt_bsshslm_2020 eprop_readout_bsshslm_2020
    eprop_iaf eprop_iaf_adapt eprop_iaf_psc_delta eprop_iaf_psc_delta_adapt
    eprop_readout gif_psc_exp gif_psc_exp_multisynapse glif_psc
    glif_psc_double_alpha iaf_chs_2007 iaf_psc_alpha iaf_psc_alpha_multisynapse
    iaf_psc_alpha_ps iaf_psc_delta iaf_psc_delta_ps iaf_psc_exp
    iaf_psc_exp_htum iaf_psc_exp_multisynapse iaf_psc_exp_ps iaf_psc_exp_ps_lossless
    iaf_tum_2000 ignore_and_fire izhikevich mat2_psc_exp
    parrot_neuron parrot_neuron_ps pp_psc_delta iaf_bw_2001
    aeif_psc_delta_clopath hh_psc_alpha_clopath astrocyte_lr_1994 gif_pop_psc_exp
    correlation_detector correlomatrix_detector correlospinmatrix_detector spike_train_injector
    volume_transmitter erfc_neuron ginzburg_neuron mcculloch_pitts_neuron
    gauss_rate_ipn rate_transformer_gauss lin_rate_ipn lin_rate_opn
    rate_transformer_lin sigmoid_rate_ipn rate_transformer_sigmoid sigmoid_rate_gg_1998_ipn
    rate_transformer_sigmoid_gg_1998 tanh_rate_ipn tanh_rate_opn rate_transformer_tanh
    threshold_lin_rate_ipn threshold_lin_rate_opn rate_transformer_threshold_lin multimeter
    voltmeter spike_recorder spin_detector weight_recorder
    spike_dilutor pp_cond_exp_mc_urbanczik
    """.split()
)
"""Position is the `model_id`."""

SYNAPSE_MODELS: tuple[str, ...] = tuple(
    """
    bernoulli_synapse bernoulli_synapse_hpc bernoulli_synapse_lbl clopath_synapse
    clopath_synapse_hpc clopath_synapse_lbl cont_delay_synapse cont_delay_synapse_hpc
    cont_delay_synapse_lbl diffusion_connection eprop_synapse_bsshslm_2020 eprop_synapse_bsshslm_2020_hpc
    eprop_learning_signal_connection_bsshslm_2020 eprop_synapse eprop_synapse_hpc eprop_learning_signal_connection
    gap_junction ht_synapse ht_synapse_hpc ht_synapse_lbl
    jonke_synapse jonke_synapse_hpc jonke_synapse_lbl quantal_stp_synapse
    quantal_stp_synapse_hpc quantal_stp_synapse_lbl rate_connection_delayed rate_connection_instantaneous
    sic_connection static_synapse static_synapse_hpc static_synapse_lbl
    static_synapse_hom_w static_synapse_hom_w_hpc static_synapse_hom_w_lbl stdp_dopamine_synapse
    stdp_dopamine_synapse_hpc stdp_dopamine_synapse_lbl stdp_nn_pre_centered_synapse stdp_nn_pre_centered_synapse_hpc
    stdp_nn_pre_centered_synapse_lbl stdp_nn_restr_synapse stdp_nn_restr_synapse_hpc stdp_nn_restr_synapse_lbl
    stdp_nn_symm_synapse stdp_nn_symm_synapse_hpc stdp_nn_symm_synapse_lbl stdp_pl_synapse_hom
    stdp_pl_synapse_hom_hpc stdp_pl_synapse_hom_lbl stdp_synapse stdp_synapse_hpc
    stdp_synapse_lbl stdp_facetshw_synapse_hom stdp_facetshw_synapse_hom_hpc stdp_facetshw_synapse_hom_lbl
    stdp_synapse_hom stdp_synapse_hom_hpc stdp_synapse_hom_lbl stdp_triplet_synapse
    stdp_triplet_synapse_hpc stdp_triplet_synapse_lbl tsodyks2_synapse tsodyks2_synapse_hpc
    tsodyks2_synapse_lbl tsodyks_synapse tsodyks_synapse_hpc tsodyks_synapse_lbl
    tsodyks_synapse_hom tsodyks_synapse_hom_hpc tsodyks_synapse_hom_lbl urbanczik_synapse
    urbanczik_synapse_hpc urbanczik_synapse_lbl vogels_sprekeler_synapse vogels_sprekeler_synapse_hpc
    vogels_sprekeler_synapse_lbl
    """.split()
)
"""Position is the `synapse_modelid`."""


def ids(names: tuple[str, ...]) -> dict[str, int]:
    """Return the id of each name."""
    return {name: i for i, name in enumerate(names)}

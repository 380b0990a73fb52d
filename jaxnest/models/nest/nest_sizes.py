"""Bytes per node that NEST 3.10.0 reports as ``elementsize`` of its models (64-bit Linux)."""

from __future__ import annotations

ELEMENT_SIZES: dict[str, int] = {
    name: int(size)
    for name, size in (
        entry.split("=")
        for entry in """
    ac_generator=328 dc_generator=256 gamma_sup_generator=288 mip_generator=328 noise_generator=440
    inhomogeneous_poisson_generator=392 poisson_generator=320 poisson_generator_ps=288 ppd_sup_generator=320
    pulsepacket_generator=392 sinusoidal_poisson_generator=432 spike_generator=320 step_current_generator=320
    step_rate_generator=320 sinusoidal_gamma_generator=440 aeif_cond_alpha=808 aeif_cond_alpha_astro=840
    aeif_cond_alpha_multisynapse=848 aeif_cond_beta_multisynapse=872 aeif_cond_exp=776 aeif_psc_alpha=792
    aeif_psc_exp=760 aeif_psc_delta=744 gif_cond_exp=952 gif_cond_exp_multisynapse=952 glif_cond=1104
    hh_cond_exp_traub=768 hh_cond_beta_gap_traub=880 hh_psc_alpha=768 hh_psc_alpha_gap=848 ht_neuron=1104
    iaf_chxk_2008=776 iaf_cond_alpha=744 iaf_cond_alpha_mc=992 iaf_cond_beta=760 iaf_cond_exp=712
    iaf_cond_exp_sfa_rr=776 iaf_bw_2001_exact=776 siegert_neuron=592 amat2_psc_exp=856 cm_default=1016
    eprop_iaf_bsshslm_2020=632 eprop_iaf_adapt_bsshslm_2020=672 eprop_readout_bsshslm_2020=544 eprop_iaf=632
    eprop_iaf_adapt=672 eprop_iaf_psc_delta=640 eprop_iaf_psc_delta_adapt=688 eprop_readout=488 gif_psc_exp=912
    gif_psc_exp_multisynapse=928 glif_psc=1128 glif_psc_double_alpha=1384 iaf_chs_2007=680 iaf_psc_alpha=736
    iaf_psc_alpha_multisynapse=880 iaf_psc_alpha_ps=1000 iaf_psc_delta=608 iaf_psc_delta_ps=664 iaf_psc_exp=672
    iaf_psc_exp_htum=680 iaf_psc_exp_multisynapse=744 iaf_psc_exp_ps=904 iaf_psc_exp_ps_lossless=1016
    iaf_tum_2000=728 ignore_and_fire=488 izhikevich=576 mat2_psc_exp=728 parrot_neuron=456 parrot_neuron_ps=456
    pp_psc_delta=920 iaf_bw_2001=776 aeif_psc_delta_clopath=1056 hh_psc_alpha_clopath=1056 astrocyte_lr_1994=448
    gif_pop_psc_exp=1032 correlation_detector=312 correlomatrix_detector=352 correlospinmatrix_detector=392
    spike_train_injector=248 volume_transmitter=176 erfc_neuron=560 ginzburg_neuron=576
    mcculloch_pitts_neuron=552 gauss_rate_ipn=720 rate_transformer_gauss=544 lin_rate_ipn=736 lin_rate_opn=728
    rate_transformer_lin=560 sigmoid_rate_ipn=720 rate_transformer_sigmoid=544 sigmoid_rate_gg_1998_ipn=704
    rate_transformer_sigmoid_gg_1998=528 tanh_rate_ipn=712 tanh_rate_opn=704 rate_transformer_tanh=536
    threshold_lin_rate_ipn=720 threshold_lin_rate_opn=712 rate_transformer_threshold_lin=544 multimeter=256
    voltmeter=256 spike_recorder=208 spin_detector=328 weight_recorder=240 spike_dilutor=360
    pp_cond_exp_mc_urbanczik=1064
    """.split()
    )
}
